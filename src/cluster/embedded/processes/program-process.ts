import { mix, unit } from '../../../base/random.ts';
import { compileProgram } from '../../../workload/compile.ts';
import type { CompiledProgram } from '../../../workload/compiled-program.ts';
import type { FailureKind, Runtime } from '../../../workload/failure.ts';
import type { Host, HostIdentity, LoadShare } from '../../../workload/host.ts';
import { type Instance, runtimeMetrics } from '../../../workload/instance.ts';
import { LoadGenerator } from '../../../workload/load-generator.ts';
import { Logger } from '../../../workload/logger.ts';
import { memoryOf } from '../../../workload/memory-model.ts';
import type { Emit, Instrument } from '../../../workload/metrics.ts';
import type { ReleasedProgram } from '../../../workload/release.ts';
import { Service } from '../../../workload/service.ts';
import { readSettings } from '../../../workload/settings.ts';
import type { Task } from '../../../workload/task.ts';
import type { SpanSink } from '../../../workload/tracing.ts';
import type { Upstream } from '../../../workload/upstream.ts';
import type { ContainerStart } from '../contracts.ts';
import { CpuShare } from './cpu-share.ts';
import { Deadlines } from './deadlines.ts';
import { EmbeddedLink } from './embedded-link.ts';
import { EmbeddedProcess } from './embedded-process.ts';
import type { ProcessWorld } from './process-world.ts';

const resolverTimeoutMs = 5000;
const firstRetransmissionMs = 1000;
const memoryCheckMs = 1000;
/** How many cores a runtime can use at once; more than two would hide nothing here. */
const parallelism: Readonly<Record<Runtime, number>> = { go: 4, java: 4, node: 1, python: 2 };

/** A service or a load generator in virtual time: the interpreter's host. */
export class ProgramProcess extends EmbeddedProcess implements Host {
  readonly identity: HostIdentity;
  readonly spans: SpanSink;
  readonly #program: ReleasedProgram;
  readonly #runtime: Runtime;
  readonly #deadlines = new Map<Upstream, Deadlines>();
  readonly #compiled: CompiledProgram | undefined;
  readonly #problems: readonly { readonly message: string }[];
  #service: Service | undefined;
  #generator: LoadGenerator | undefined;
  #instance: Instance | undefined;
  #runtimeMetrics: Instrument | undefined;

  constructor(world: ProcessWorld, container: ContainerStart, program: ReleasedProgram) {
    const runtime = program.runtime ?? 'go';
    const { settings, problems } = readSettings(program.settings ?? [], container.env, runtime);
    const memory = memoryOf(program, settings, world.simulation.nowMs, container.memoryLimitBytes);
    super(world, container, new CpuShare(container.cpuLimitMillis, parallelism[runtime]), memory);
    this.#program = program;
    this.#runtime = runtime;
    this.#problems = problems;
    this.spans = world.spans;
    const pod = container.pod;
    this.identity = {
      seed: world.seed,
      namespace: pod.namespace,
      pod: pod.name,
      node: pod.node,
      podUid: pod.uid,
      container: container.name,
      traceSampling: world.traceSampling,
      errorTraceSampling: world.errorTraceSampling,
    };
    this.#compiled = problems.length === 0 ? compileProgram(program, settings) : undefined;
  }

  begin(): void {
    this.after(this.#program.startupMs === undefined ? 80 : Math.min(80, this.#program.startupMs / 4), () =>
      this.#run(),
    );
    this.#watchMemory();
  }

  #run(): void {
    const compiled = this.#compiled;
    if (compiled === undefined) {
      const logger = new Logger(this, this.#runtime, this.#program.name, this.container.pod.name);
      for (const problem of this.#problems) logger.log('error', problem.message);
      this.exit(1);
      return;
    }
    if (this.#program.kind === 'load-generator') {
      this.#generator = new LoadGenerator(compiled, this);
      this.#instance = this.#generator.instance;
      this.world.load.generators.push(this);
    } else {
      this.#service = new Service(compiled, this);
      this.#instance = this.#service.instance;
    }
    const instance = this.#instance;
    this.#runtimeMetrics = runtimeMetrics(compiled.runtime, {
      cpuSeconds: () => this.cpu.secondsTotal(this.nowMs()),
      residentBytes: () => this.memory.workingSetBytes(this.nowMs()),
      heapBytes: () => this.memory.heapBytes(this.nowMs()),
      startSeconds: Math.round(this.startMs) / 1000,
      inFlight: () => instance.inFlight,
    });
    this.#service?.start();
    this.#generator?.start();
  }

  #watchMemory(): void {
    if (this.container.memoryLimitBytes === undefined) return;
    const look = (): void => {
      this.checkMemory();
      if (this.isAlive) this.after(memoryCheckMs, look);
    };
    this.after(memoryCheckMs / 4, look);
  }

  // ---- Host

  sleep(task: Task, ms: number): void {
    this.world.simulation.after(ms, task.wake);
  }

  compute(task: Task, ms: number): void {
    const simulation = this.world.simulation;
    simulation.at(this.cpu.finish(simulation.nowMs, ms), task.wake);
  }

  open(task: Task, upstream: Upstream, key: number): void {
    const simulation = this.world.simulation;
    const network = this.world.network;
    const dnsMs = 0.3 + 0.9 * unit(mix(key, 0x41));
    const resolved = network.resolve(this.container.pod, upstream.host);
    const ip = resolved.ok ? resolved.ips[0] : undefined;
    if (!resolved.ok || ip === undefined) {
      const timedOut = !resolved.ok && resolved.error === 'timeout';
      const failure = upstream.fail(timedOut ? 'dns-timeout' : 'not-found');
      simulation.after(timedOut ? Math.min(resolverTimeoutMs, upstream.connectTimeoutMs) : 3 * dnsMs, () =>
        task.resume(failure),
      );
      return;
    }
    this.#connect(task, upstream, key, ip, dnsMs, 0);
  }

  /** Connects to an address; `waitedMs`: how long ago the first SYN was sent. */
  #connect(task: Task, upstream: Upstream, key: number, ip: string, dnsMs: number, waitedMs: number): void {
    const { simulation, network } = this.world;
    const result = network.connect(this.container.pod, ip, upstream.port, unit(mix(key, 0x42)));
    if (!result.ok && result.error === 'unanswered') {
      // TCP tries again after 1, 3, 7 … seconds, and the client gives up in between
      const pauseMs = waitedMs + firstRetransmissionMs;
      if (waitedMs + pauseMs >= upstream.connectTimeoutMs)
        simulation.after(upstream.connectTimeoutMs - waitedMs, () =>
          task.resume(upstream.fail('connect-timeout', ip)),
        );
      else
        simulation.after(pauseMs, () => {
          if (this.isAlive) this.#connect(task, upstream, key, ip, dnsMs, waitedMs + pauseMs);
        });
      return;
    }
    const server = result.ok ? this.world.listenerAt(result.podUid, result.port) : undefined;
    if ((!result.ok && result.error === 'timeout') || server?.isFrozen === true) {
      simulation.after(upstream.connectTimeoutMs - waitedMs, () =>
        task.resume(upstream.fail('connect-timeout', ip)),
      );
      return;
    }
    if (!result.ok || server === undefined) {
      simulation.after(dnsMs + 0.4, () => task.resume(upstream.fail('refused', ip)));
      return;
    }
    const link = new EmbeddedLink(this, server, upstream, ip, result.latencyMs, this.#deadlinesOf(upstream));
    const rejected = server.admit(link);
    const readyMs = dnsMs + 2 * result.latencyMs + (upstream.protocol === 'postgres' ? 4 : 0);
    simulation.after(readyMs, () => {
      if (rejected !== undefined) {
        link.close();
        task.resume(upstream.fail(rejected, ip));
      } else task.resume(link.isOpen ? link : upstream.fail('reset', ip));
    });
  }

  #deadlinesOf(upstream: Upstream): Deadlines {
    let deadlines = this.#deadlines.get(upstream);
    if (deadlines === undefined) {
      deadlines = new Deadlines(this.world.simulation);
      this.#deadlines.set(upstream, deadlines);
    }
    return deadlines;
  }

  hold(kib: number): void {
    this.memory.hold(kib);
    if (this.container.memoryLimitBytes !== undefined) this.checkMemory();
  }

  release(kib: number): void {
    this.memory.release(kib);
  }

  leak(kib: number): void {
    this.memory.leak(kib);
    if (this.container.memoryLimitBytes !== undefined) this.checkMemory();
  }

  listen(): void {
    this.listenOn(this.#compiled?.port ?? 8080);
  }

  load(): LoadShare {
    const load = this.world.load;
    const generators = load.generators.filter((process) => !process.halted);
    return {
      requestsPerSecond: load.requestsPerSecond * load.factor,
      index: Math.max(0, generators.indexOf(this)),
      count: Math.max(1, generators.length),
    };
  }

  // ---- EmbeddedProcess

  admit(): FailureKind | undefined {
    return undefined;
  }

  receive(link: EmbeddedLink): void {
    this.#service?.serve(link);
  }

  disconnected(): void {}

  terminate(): void {
    if (!this.isAlive) return;
    if (this.#service !== undefined) this.#service.terminate();
    else this.after(200, () => this.exit(this.#generator === undefined ? 143 : 0));
  }

  health(path: string, done: (status: number) => void): void {
    if (this.#service !== undefined) this.#service.health(path, done);
    else done(200);
  }

  expose(emit: Emit): void {
    this.#instance?.metrics.emit(emit);
    this.#runtimeMetrics?.emit(emit);
  }

  protected override died(): void {
    const generators = this.world.load.generators;
    const at = generators.indexOf(this);
    if (at >= 0) generators.splice(at, 1);
  }
}
