import type { FailureKind } from '../../../workload/failure.ts';
import { memoryOf } from '../../../workload/memory-model.ts';
import type { Emit, Labels } from '../../../workload/metrics.ts';
import type { ReleasedProgram } from '../../../workload/release.ts';
import { readSettings, type Settings } from '../../../workload/settings.ts';
import type { ContainerStart } from '../contracts.ts';
import { CpuShare } from './cpu-share.ts';
import type { EmbeddedLink } from './embedded-link.ts';
import { EmbeddedProcess } from './embedded-process.ts';
import type { ProcessWorld } from './process-world.ts';

const memoryCheckMs = 1000;
const noLabels: Labels = {};

/** The argument that follows `name`, or what stands behind `name=` in one argument. */
export function argumentOf(container: ContainerStart, name: string): string | undefined {
  const words = [...container.command, ...container.args].flatMap((word) => word.split(/\s+/));
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === name) return words[i + 1];
    if (word.startsWith(`${name}=`)) return word.slice(name.length + 1);
  }
  return undefined;
}

/** What the modelled PostgreSQL, Redis and NATS servers have in common. */
export abstract class StoreProcess extends EmbeddedProcess {
  protected readonly program: ReleasedProgram;
  protected readonly settings: Settings;
  readonly #problems: readonly { readonly message: string }[];
  readonly #port: number;

  constructor(
    world: ProcessWorld,
    container: ContainerStart,
    program: ReleasedProgram,
    parallelism: number,
    defaultPort: number,
  ) {
    const { settings, problems } = readSettings(program.settings ?? [], container.env, 'go');
    const memory = memoryOf(program, settings, world.simulation.nowMs, container.memoryLimitBytes);
    super(world, container, new CpuShare(container.cpuLimitMillis, parallelism), memory);
    this.program = program;
    this.settings = settings;
    this.#problems = problems;
    this.#port = settings.number(program.port, defaultPort);
  }

  begin(): void {
    const problem = this.#problems[0];
    if (problem !== undefined) {
      this.after(100, () => {
        this.refuse(problem.message);
        this.exit(1);
      });
      return;
    }
    this.starting();
    this.after(this.program.startupMs ?? 1500, () => {
      this.listenOn(this.#port);
      this.started();
    });
    const look = (): void => {
      this.checkMemory();
      if (this.isAlive) this.after(memoryCheckMs, look);
    };
    if (this.container.memoryLimitBytes !== undefined) this.after(memoryCheckMs, look);
  }

  /** Log lines on the way. */
  protected abstract refuse(message: string): void;
  protected abstract starting(): void;
  protected abstract started(): void;
  protected abstract stopped(): void;
  protected abstract emit(emit: Emit): void;

  abstract override admit(link: EmbeddedLink): FailureKind | undefined;

  disconnected(_link: EmbeddedLink): void {}

  terminate(): void {
    this.after(150, () => {
      this.stopListening();
      this.stopped();
      this.exit(0);
    });
  }

  health(_path: string, done: (status: number) => void): void {
    done(200);
  }

  expose(emit: Emit): void {
    this.emit(emit);
    emit('process_cpu_seconds_total', noLabels, this.cpu.secondsTotal(this.nowMs()));
    emit('process_resident_memory_bytes', noLabels, this.memory.workingSetBytes(this.nowMs()));
  }
}
