import type { FailureKind } from '../../../workload/failure.ts';
import type { MemoryModel } from '../../../workload/memory-model.ts';
import type { Emit } from '../../../workload/metrics.ts';
import type { Task } from '../../../workload/task.ts';
import type { ContainerProcess, ContainerStart, ContainerUsage } from '../contracts.ts';
import type { CpuShare } from './cpu-share.ts';
import type { EmbeddedLink } from './embedded-link.ts';
import type { ProcessWorld } from './process-world.ts';

/** Cost of answering a probe. */
const probeWorkMs = 0.3;
const probeLatencyMs = 0.4;
/** What every process spends without being asked. */
const idleCpuShare = 0.002;

/**
 * A running container: its resources, its connections and its life. Killed or ended, its peers get resets; on a node
 * that stopped, it is frozen and its peers get nothing.
 */
export abstract class EmbeddedProcess implements ContainerProcess {
  readonly world: ProcessWorld;
  readonly container: ContainerStart;
  readonly cpu: CpuShare;
  readonly memory: MemoryModel;
  readonly startMs: number;
  /** Its tasks go no further: it is dead or frozen. */
  halted = false;
  isAlive = true;
  isFrozen = false;
  /** Connections others opened to it, and those it opened. */
  readonly inbound = new Set<EmbeddedLink>();
  readonly outbound = new Set<EmbeddedLink>();
  receivedBytes = 0;
  sentBytes = 0;
  #deferred: { task: Task; value: unknown }[] = [];
  #deferredCalls: (() => void)[] = [];
  #listeningPort: number | undefined;

  constructor(world: ProcessWorld, container: ContainerStart, cpu: CpuShare, memory: MemoryModel) {
    this.world = world;
    this.container = container;
    this.cpu = cpu;
    this.memory = memory;
    this.startMs = world.simulation.nowMs;
  }

  get listensOn(): number | undefined {
    return this.#listeningPort;
  }

  nowMs(): number {
    return this.world.simulation.nowMs;
  }

  write(line: string): void {
    if (!this.halted) this.container.write(line);
  }

  /** Begins to run; called once. */
  abstract begin(): void;
  /** A new connection: why it is refused after it was accepted, if so. */
  abstract admit(link: EmbeddedLink): FailureKind | undefined;
  /** An operation arrived on a connection. */
  abstract receive(link: EmbeddedLink): void;
  /** A connection has been closed by its client or by the network. */
  abstract disconnected(link: EmbeddedLink): void;
  abstract terminate(): void;
  /** Answers a health request that came through the CPU queue. */
  abstract health(path: string, done: (status: number) => void): void;
  /** Emits what `/metrics` shows. */
  abstract expose(emit: Emit): void;

  probeHttp(port: number, path: string, done: (status: number | 'refused') => void): void {
    if (this.isFrozen || !this.isAlive) return;
    const simulation = this.world.simulation;
    if (port !== this.#listeningPort) {
      simulation.after(probeLatencyMs, () => done('refused'));
      return;
    }
    simulation.at(this.cpu.finish(this.nowMs(), probeWorkMs) + probeLatencyMs, () => {
      if (!this.halted) this.health(path, done);
    });
  }

  probeTcp(port: number, done: (open: boolean) => void): void {
    if (this.isFrozen || !this.isAlive) return;
    this.world.simulation.after(probeLatencyMs, () => done(!this.isFrozen && port === this.#listeningPort));
  }

  kill(): void {
    this.#die();
  }

  setReachable(reachable: boolean): void {
    if (!this.isAlive || this.isFrozen !== reachable) return;
    this.isFrozen = !reachable;
    this.halted = this.isFrozen;
    if (!reachable) return;
    const tasks = this.#deferred;
    const calls = this.#deferredCalls;
    this.#deferred = [];
    this.#deferredCalls = [];
    for (const call of calls) call();
    for (const { task, value } of tasks) task.resume(value);
  }

  usage(): ContainerUsage {
    const now = this.nowMs();
    const ageSeconds = (now - this.startMs) / 1000;
    return {
      cpuSecondsTotal: this.cpu.secondsTotal(now) + ageSeconds * idleCpuShare,
      memoryWorkingSetBytes: this.memory.workingSetBytes(now),
      cfsPeriodsTotal: this.cpu.periods,
      cfsThrottledPeriodsTotal: this.cpu.throttledPeriods,
      cfsThrottledSecondsTotal: this.cpu.throttledSeconds,
      networkReceiveBytesTotal: this.receivedBytes,
      networkTransmitBytesTotal: this.sentBytes,
    };
  }

  /** The outcome for a task of a halted process: kept while it is frozen, dropped when it is dead. */
  defer(task: Task, value: unknown): void {
    if (this.isAlive) this.#deferred.push({ task, value });
  }

  /** Calls back unless the process dies first; a frozen one is called when it runs again. */
  after(ms: number, callback: () => void): { cancel(): void } {
    return this.world.simulation.after(ms, () => {
      if (!this.halted) callback();
      else if (this.isAlive) this.#deferredCalls.push(callback);
    });
  }

  listenOn(port: number): void {
    if (!this.isAlive) return;
    this.#listeningPort = port;
    this.world.bind(this, port);
  }

  /** No new connections; idle ones are closed now, busy ones after their answer. */
  stopListening(): void {
    if (this.#listeningPort === undefined) return;
    this.world.unbind(this, this.#listeningPort);
    this.#listeningPort = undefined;
    for (const link of this.inbound) link.closeFromServer();
  }

  exit(code: number): void {
    this.#end(code, false);
  }

  /** The kernel's answer to memory over the limit. */
  checkMemory(): void {
    if (this.isAlive && !this.isFrozen && this.memory.isOverLimit(this.nowMs())) this.#end(137, true);
  }

  #end(code: number, oomKilled: boolean): void {
    if (!this.isAlive) return;
    this.#die();
    this.container.exited({ code, oomKilled });
  }

  #die(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.halted = true;
    this.#deferred = [];
    this.#deferredCalls = [];
    if (this.#listeningPort !== undefined) this.world.unbind(this, this.#listeningPort);
    this.#listeningPort = undefined;
    const silently = this.isFrozen;
    for (const link of [...this.outbound]) link.clientDied();
    if (!silently) for (const link of [...this.inbound]) link.reset();
    this.died();
  }

  /** For those who keep more. */
  protected died(): void {}
}
