import type { Failure } from './failure.ts';
import type { Operation } from './operations.ts';
import type { Task } from './task.ts';
import type { SpanSink, Trace } from './tracing.ts';
import type { Upstream } from './upstream.ts';

/**
 * The world a program runs in: the seam between the interpreter and its two drivers. The embedded cluster implements
 * it in virtual time; in a real container it stands on sockets and timers. A method that takes a task resumes it
 * later with the outcome it names, and never before it has returned.
 */
export interface Host {
  /** The process is gone or frozen: its tasks go no further; outcomes are handed to `defer`. */
  readonly halted: boolean;
  readonly identity: HostIdentity;
  readonly spans: SpanSink;
  /** Epoch milliseconds. */
  nowMs(): number;
  defer(task: Task, value: unknown): void;
  /** Resumes after `ms`. */
  sleep(task: Task, ms: number): void;
  /** Resumes when `ms` of one core's work are done, after what is queued and with throttling. */
  compute(task: Task, ms: number): void;
  after(ms: number, callback: () => void): { cancel(): void };
  /** A new connection: resolves, connects, authenticates. Resumes with a Link or a Failure. `key` picks among endpoints. */
  open(task: Task, upstream: Upstream, key: number): void;
  /** Memory that a request holds, gives back (to be collected), or keeps for ever. */
  hold(kib: number): void;
  release(kib: number): void;
  leak(kib: number): void;
  /** Starts and stops accepting requests on the program's port. */
  listen(): void;
  stopListening(): void;
  write(line: string): void;
  exit(code: number): void;
  /** What load generators are asked for now. */
  load(): LoadShare;
}

/** Who the process is. */
export interface HostIdentity {
  /** 32 bits, of the whole world. */
  readonly seed: number;
  readonly namespace: string;
  readonly pod: string;
  readonly node: string;
  readonly podUid: string;
  readonly container: string;
  /** Share of traces recorded, and of further traces that are kept if they contain an error. */
  readonly traceSampling: number;
  readonly errorTraceSampling: number;
}

export interface LoadShare {
  /** Requests a second at the edge, all generators together. */
  readonly requestsPerSecond: number;
  /** Generator `index` of `count` that run now. */
  readonly index: number;
  readonly count: number;
  /** Epoch second from which users' behaviour counts, so that two runs can be alike; default: the epoch itself. */
  readonly originSecond?: number;
}

/** An open connection to an upstream; one exchange at a time. */
export interface Link {
  /** Usable, as far as this side knows. */
  readonly isOpen: boolean;
  readonly ip: string;
  readonly openedMs: number;
  /** Kept by whoever keeps it idle. */
  idleSinceMs: number;
  /** Sends the operation; resumes with an HTTP status (200 for stores) or a Failure. After a failure the link is closed. */
  exchange(task: Task, operation: Operation, trace: Trace | undefined, key: number, timeoutMs: number): void;
  /** Receives messages (nats) until the link is closed, at most `concurrency` at once. */
  subscribe(subject: string, group: string, concurrency: number, deliver: (message: Message) => void): void;
  close(): void;
}

/** A message of a queue; `done(false)` has it delivered again. */
export interface Message {
  readonly key: number;
  readonly trace: Trace | undefined;
  /** Key of the producer's span. */
  readonly parent: number | string | undefined;
  readonly redeliveries: number;
  done(ok: boolean): void;
}

/** A request that came in; answered once. */
export interface Inbound {
  readonly route: string;
  readonly key: number;
  readonly trace: Trace | undefined;
  /** Key of the client's span. */
  readonly parent: number | string | undefined;
  /** The client has gone meanwhile. */
  readonly isAbandoned: boolean;
  answer(status: number): void;
}

export type Outcome = number | Failure;
