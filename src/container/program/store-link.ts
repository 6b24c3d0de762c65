import { Failure, type FailureKind } from '../../workload/failure.ts';
import type { Link, Message, Outcome } from '../../workload/host.ts';
import type { Operation } from '../../workload/operations.ts';
import type { Task } from '../../workload/task.ts';
import type { Trace } from '../../workload/tracing.ts';
import type { Upstream } from '../../workload/upstream.ts';

/** What a store's client does for a link: one connection. */
export interface StoreConnection {
  /** Settles when the server has answered; rejects with the client's error. */
  perform(operation: Operation, trace: Trace | undefined, key: number): Promise<void>;
  /** What the client's error means. */
  failureKind(error: unknown): FailureKind;
  subscribe?(
    subject: string,
    group: string,
    concurrency: number,
    deliver: (message: Message) => void,
    lost: () => void,
  ): void;
  /** Gives the connection up at once, whatever is under way. */
  close(): void;
}

/** A link to a store over its usual client. */
export class StoreLink implements Link {
  readonly ip: string;
  readonly openedMs: number;
  idleSinceMs: number;
  isOpen = true;
  readonly #upstream: Upstream;
  readonly #connection: StoreConnection;

  constructor(upstream: Upstream, ip: string, connection: StoreConnection) {
    this.#upstream = upstream;
    this.#connection = connection;
    this.ip = ip;
    this.openedMs = Date.now();
    this.idleSinceMs = this.openedMs;
  }

  exchange(task: Task, operation: Operation, trace: Trace | undefined, key: number, timeoutMs: number): void {
    let isDone = false;
    const finish = (outcome: Outcome): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      if (outcome instanceof Failure) this.close();
      task.resume(outcome);
    };
    const fail = (kind: FailureKind): void => finish(this.#upstream.fail(kind, this.ip));
    const timer = setTimeout(() => fail('timeout'), Math.max(0, timeoutMs));
    if (!this.isOpen) {
      setImmediate(fail, 'reset');
      return;
    }
    this.#connection.perform(operation, trace, key).then(
      () => finish(200),
      (error: unknown) => fail(this.#connection.failureKind(error)),
    );
  }

  subscribe(subject: string, group: string, concurrency: number, deliver: (message: Message) => void): void {
    this.#connection.subscribe?.(subject, group, concurrency, deliver, () => this.close());
  }

  /** The other side has closed the connection. */
  lost(): void {
    this.isOpen = false;
  }

  close(): void {
    this.isOpen = false;
    this.#connection.close();
  }
}

/** Waits for a connection to be made, at most `timeoutMs`; what is late is closed by `giveUp`. */
export async function connectedWithin(
  upstream: Upstream,
  ip: string,
  timeoutMs: number,
  connecting: Promise<Link | Failure>,
  giveUp: () => void,
): Promise<Link | Failure> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Failure>((resolve) => {
    timer = setTimeout(() => resolve(upstream.fail('connect-timeout', ip)), timeoutMs);
  });
  const outcome = await Promise.race([connecting, timeout]);
  clearTimeout(timer);
  if (outcome instanceof Failure) giveUp();
  return outcome;
}
