import { createHash } from 'node:crypto';
import { hash32 } from '../../../base/random.ts';
import type { Program } from '../../../spec/program.ts';
import type { Emit } from '../../../workload/metrics.ts';
import { type ReleasedProgram, releaseOf } from '../../../workload/release.ts';
import type {
  ClusterNetwork,
  ContainerProcess,
  ContainerRuntime,
  ContainerStart,
  TargetRegistry,
} from '../contracts.ts';
import type { Simulation } from '../simulation.ts';
import type { EmbeddedProcess } from './embedded-process.ts';
import { parseImage } from './image-reference.ts';
import { NatsProcess } from './nats-process.ts';
import { PostgresProcess } from './postgres-process.ts';
import type { ProcessWorld } from './process-world.ts';
import { ProgramProcess } from './program-process.ts';
import { RecordedSpans } from './recorded-spans.ts';
import { RedisProcess } from './redis-process.ts';
import { SystemProcess, type SystemProgram, systemPrograms } from './system-process.ts';

export interface ContainerRuntimeOptions {
  readonly simulation: Simulation;
  /** 32 bits. */
  readonly seed: number;
  readonly network: ClusterNetwork;
  readonly targets: TargetRegistry;
  /** By image repository. */
  readonly programs: ReadonlyMap<string, Program>;
  /** At the edge, with load factor 1. */
  readonly requestsPerSecond: number;
  /** Share of traces recorded, 0..1. */
  readonly traceSampling: number;
  /** Share of further traces of which those with an error are kept. Default 0. */
  readonly errorTraceSampling?: number;
}

export interface EmbeddedContainerRuntime extends ContainerRuntime {
  readonly spans: RecordedSpans;
  setLoadFactor(factor: number): void;
  loadFactor(): number;
  /** The load at factor 1, when it is known only after the cluster is up. */
  setRequestsPerSecond(requestsPerSecond: number): void;
  /** Programs of an application that is deployed later. */
  addPrograms(programs: ReadonlyMap<string, Program>): void;
  /** Whether something accepts connections there. */
  listensAt(podUid: string, port: number): boolean;
  /** The process that accepts connections there. */
  processAt(podUid: string, port: number): EmbeddedProcess | undefined;
  /** The pod is gone: its scrape targets go. */
  forgetPod(podUid: string): void;
}

/** How long a target without a process stays: longer than the longest crash back-off. */
const targetLingerMs = 6 * 60_000;

/** Runs programs and stores in virtual time. */
export function createContainerRuntime(options: ContainerRuntimeOptions): EmbeddedContainerRuntime {
  return new Runtime(options);
}

/** Where the metrics of a container are served: beside a store runs its usual exporter. */
function exporterPort(program: ReleasedProgram | undefined): number {
  if (program?.kind === 'postgres') return 9187;
  if (program?.kind === 'redis') return 9121;
  if (program?.kind === 'nats') return 7777;
  return typeof program?.port === 'number' ? program.port : 8080;
}

interface Target {
  process: EmbeddedProcess;
  goneMs: number | undefined;
  readonly registration: { remove(): void };
}

class Runtime implements EmbeddedContainerRuntime, ProcessWorld {
  readonly simulation: Simulation;
  readonly seed: number;
  readonly network: ClusterNetwork;
  readonly targets: TargetRegistry;
  readonly spans = new RecordedSpans();
  readonly traceSampling: number;
  readonly errorTraceSampling: number;
  readonly load: { requestsPerSecond: number; factor: number; generators: EmbeddedProcess[] };
  readonly #programs: Map<string, Program>;
  readonly #system: ReadonlyMap<string, SystemProgram>;
  readonly #listeners = new Map<string, Map<number, EmbeddedProcess>>();
  readonly #scraped = new Map<string, Target>();

  constructor(options: ContainerRuntimeOptions) {
    this.simulation = options.simulation;
    this.seed = options.seed;
    this.network = options.network;
    this.targets = options.targets;
    this.traceSampling = options.traceSampling;
    this.errorTraceSampling = options.errorTraceSampling ?? 0;
    this.load = { requestsPerSecond: options.requestsPerSecond, factor: 1, generators: [] };
    this.#programs = new Map();
    this.addPrograms(options.programs);
    this.#system = new Map(systemPrograms.map((program) => [program.repository, program]));
  }

  addPrograms(programs: ReadonlyMap<string, Program>): void {
    for (const [repository, program] of programs)
      this.#programs.set(parseImage(repository).repository, program);
  }

  pull(image: string): { ok: true; sizeBytes: number; digest: string } | { ok: false; message: string } {
    const reference = parseImage(image);
    if (!this.#system.has(reference.repository) && this.#release(image) === undefined) {
      return {
        ok: false,
        message: `failed to resolve reference "${reference.full}": ${reference.full}: not found`,
      };
    }
    return {
      ok: true,
      sizeBytes:
        12_000_000 + (hash32(reference.repository) % 160_000_000) + (hash32(reference.full) % 400_000),
      digest: `sha256:${createHash('sha256').update(reference.full).digest('hex')}`,
    };
  }

  #release(image: string): ReleasedProgram | undefined {
    const reference = parseImage(image);
    const program = this.#programs.get(reference.repository);
    return program === undefined ? undefined : releaseOf(program, reference.tag);
  }

  start(container: ContainerStart): ContainerProcess {
    const reference = parseImage(container.image);
    const system = this.#system.get(reference.repository);
    const process =
      system === undefined ? this.#program(container) : new SystemProcess(this, container, system);
    process.begin();
    if (system === undefined) this.#scrape(container, process);
    return process;
  }

  #program(container: ContainerStart): EmbeddedProcess {
    const released = this.#release(container.image);
    if (released === undefined)
      throw new Error(`image "${container.image}" was started but can not be pulled`);
    switch (released.kind) {
      case 'postgres':
        return new PostgresProcess(this, container, released);
      case 'redis':
        return new RedisProcess(this, container, released);
      case 'nats':
        return new NatsProcess(this, container, released);
      default:
        return new ProgramProcess(this, container, released);
    }
  }

  /** One target per container of a pod, over restarts: between two processes the scrape fails. */
  #scrape(container: ContainerStart, process: EmbeddedProcess): void {
    const pod = container.pod;
    const id = `${pod.uid}/${container.name}`;
    const known = this.#scraped.get(id);
    if (known !== undefined) {
      known.process = process;
      known.goneMs = undefined;
      return;
    }
    const released = this.#release(container.image);
    const service =
      pod.labels['app.kubernetes.io/name'] ?? pod.labels.app ?? released?.name ?? container.name;
    const registration = this.targets.add({
      labels: {
        job: service,
        service,
        namespace: pod.namespace,
        pod: pod.name,
        container: container.name,
        instance: `${pod.ip}:${exporterPort(released)}`,
      },
      scrape: (emit) => this.#scrapeOnce(id, emit),
    });
    this.#scraped.set(id, { process, goneMs: undefined, registration });
  }

  #scrapeOnce(id: string, emit: Emit): boolean {
    const target = this.#scraped.get(id);
    if (target === undefined) return false;
    const process = target.process;
    if (!process.isAlive) {
      target.goneMs ??= this.simulation.nowMs;
      if (this.simulation.nowMs - target.goneMs > targetLingerMs) this.#removeTarget(id, target);
      return false;
    }
    if (process.isFrozen || process.listensOn === undefined) return false;
    process.expose(emit);
    return true;
  }

  #removeTarget(id: string, target: Target): void {
    this.#scraped.delete(id);
    target.registration.remove();
  }

  forgetPod(podUid: string): void {
    for (const [id, target] of this.#scraped) if (id.startsWith(`${podUid}/`)) this.#removeTarget(id, target);
  }

  setLoadFactor(factor: number): void {
    this.load.factor = factor;
  }
  loadFactor(): number {
    return this.load.factor;
  }
  setRequestsPerSecond(requestsPerSecond: number): void {
    this.load.requestsPerSecond = requestsPerSecond;
  }

  listensAt(podUid: string, port: number): boolean {
    return this.#listeners.get(podUid)?.has(port) ?? false;
  }
  processAt(podUid: string, port: number): EmbeddedProcess | undefined {
    return this.listenerAt(podUid, port);
  }
  listenerAt(podUid: string, port: number): EmbeddedProcess | undefined {
    return this.#listeners.get(podUid)?.get(port);
  }
  bind(process: EmbeddedProcess, port: number): void {
    const uid = process.container.pod.uid;
    let ports = this.#listeners.get(uid);
    if (ports === undefined) {
      ports = new Map();
      this.#listeners.set(uid, ports);
    }
    ports.set(port, process);
  }
  unbind(process: EmbeddedProcess, port: number): void {
    const uid = process.container.pod.uid;
    const ports = this.#listeners.get(uid);
    if (ports?.get(port) !== process) return;
    ports.delete(port);
    if (ports.size === 0) this.#listeners.delete(uid);
  }
}
