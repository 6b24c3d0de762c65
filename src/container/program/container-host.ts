import { Failure } from '../../workload/failure.ts';
import type { Host, HostIdentity, Link, LoadShare } from '../../workload/host.ts';
import type { LogEntry } from '../../workload/logger.ts';
import type { Task } from '../../workload/task.ts';
import type { Resource } from '../../workload/tracing.ts';
import type { Upstream } from '../../workload/upstream.ts';
import { openSocket, resolveAddress } from './connect.ts';
import type { CpuQueue } from './cpu-queue.ts';
import { HttpLink } from './http-link.ts';
import type { LoadControl } from './load-control.ts';
import type { ProcessMemory } from './process-memory.ts';
import type { TelemetryExport } from './telemetry-export.ts';

/** Of the work of starting up, so much is really done; the rest of its time passes idle, for all start at once. */
const startupWorkMs = 150;
const noLoad: LoadShare = { requestsPerSecond: 0, index: 0, count: 1 };

/** Opens a connection of one protocol to an address that is known; resumes the task later with a Link or a Failure. */
export type OpenStore = (upstream: Upstream, ip: string, timeoutMs: number) => Promise<Link | Failure>;

export interface ContainerHostOptions {
  readonly identity: HostIdentity;
  readonly cpu: CpuQueue;
  readonly memory: ProcessMemory;
  readonly telemetry: TelemetryExport;
  readonly stores: (store: 'postgres' | 'redis' | 'nats') => Promise<OpenStore>;
  readonly load?: LoadControl;
  readonly listen: () => void;
  readonly stopListening: () => void;
  /** Ends the process after what is buffered has been written. */
  readonly exit: (code: number) => void;
}

/** The interpreter's host in a real container: wall clock, sockets, the process's own CPU and memory. */
export class ContainerHost implements Host {
  halted = false;
  readonly spans: TelemetryExport;
  /** Of the program's telemetry; set when the program is made. */
  resource: Resource = {};
  readonly #options: ContainerHostOptions;
  #isListening = false;

  constructor(options: ContainerHostOptions) {
    this.#options = options;
    this.spans = options.telemetry;
  }

  get identity(): HostIdentity {
    const { identity, load } = this.#options;
    return load === undefined ? identity : { ...identity, traceSampling: load.setting.traceSampling };
  }

  nowMs(): number {
    return performance.timeOrigin + performance.now();
  }

  /** A process that has ended goes no further. */
  defer(): void {}

  sleep(task: Task, ms: number): void {
    setTimeout(task.wake, Math.max(0, ms));
  }

  compute(task: Task, ms: number): void {
    const idleMs = this.#isListening ? 0 : Math.max(0, ms - startupWorkMs);
    const work = (): void => this.#options.cpu.compute(ms - idleMs, task.wake);
    if (idleMs > 0) setTimeout(work, idleMs);
    else work();
  }

  after(ms: number, callback: () => void): { cancel(): void } {
    const timer = setTimeout(() => {
      if (!this.halted) callback();
    }, ms);
    return { cancel: () => clearTimeout(timer) };
  }

  open(task: Task, upstream: Upstream): void {
    const beginMs = this.nowMs();
    const leftMs = (): number => Math.max(1, upstream.connectTimeoutMs - (this.nowMs() - beginMs));
    resolveAddress(upstream, upstream.connectTimeoutMs, (address) => {
      if (address instanceof Failure) task.resume(address);
      else if (upstream.protocol === 'http') {
        openSocket(upstream, address, leftMs(), (socket) =>
          task.resume(
            socket instanceof Failure ? socket : new HttpLink(upstream, address, socket, this.nowMs()),
          ),
        );
      } else {
        void this.#options
          .stores(upstream.protocol)
          .then((open) => open(upstream, address, leftMs()))
          .then((outcome) => task.resume(outcome));
      }
    });
  }

  hold(kib: number): void {
    this.#options.memory.hold(kib);
  }
  release(kib: number): void {
    this.#options.memory.release(kib);
  }
  leak(kib: number): void {
    this.#options.memory.leak(kib);
  }

  listen(): void {
    this.#isListening = true;
    this.#options.listen();
  }
  stopListening(): void {
    this.#options.stopListening();
  }

  write(line: string): void {
    if (!this.halted) process.stdout.write(`${line}\n`);
  }

  record(entry: LogEntry): void {
    if (entry.level === 'warn' || entry.level === 'error') this.spans.log(this.resource, entry);
  }

  exit(code: number): void {
    if (this.halted) return;
    this.halted = true;
    this.#options.exit(code);
  }

  load(): LoadShare {
    return this.#options.load?.share ?? noLoad;
  }
}
