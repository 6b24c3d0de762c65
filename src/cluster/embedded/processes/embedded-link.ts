import type { Inbound, Link, Message, Outcome } from '../../../workload/host.ts';
import type { Operation } from '../../../workload/operations.ts';
import type { Task } from '../../../workload/task.ts';
import type { Trace } from '../../../workload/tracing.ts';
import type { Upstream } from '../../../workload/upstream.ts';
import type { Deadlines, Expiring } from './deadlines.ts';
import type { EmbeddedProcess } from './embedded-process.ts';

const requestBytes = 700;
const responseBytes = 2600;

/** What a queue needs to know of a subscriber. */
export interface Subscribing {
  subscribe(
    link: EmbeddedLink,
    subject: string,
    group: string,
    concurrency: number,
    deliver: (message: Message) => void,
  ): void;
}

/**
 * An established connection between two processes. The client holds it as a Link; what is under way on it is the
 * Inbound the server sees. Once established it is not asked whether a policy would allow it.
 */
export class EmbeddedLink implements Link, Inbound, Expiring {
  readonly client: EmbeddedProcess;
  readonly server: EmbeddedProcess;
  readonly upstream: Upstream;
  readonly ip: string;
  readonly latencyMs: number;
  readonly openedMs: number;
  readonly #deadlines: Deadlines;
  isOpen = true;
  idleSinceMs = 0;

  // The exchange under way.
  operation: Operation | undefined;
  trace: Trace | undefined;
  key = 0;
  #task: Task | undefined;
  #outcome: Outcome = 0;
  #closing = false;

  // Its place among the deadlines.
  deadlineMs = 0;
  earlier: Expiring | undefined;
  later: Expiring | undefined;
  isListed = false;

  constructor(
    client: EmbeddedProcess,
    server: EmbeddedProcess,
    upstream: Upstream,
    ip: string,
    latencyMs: number,
    deadlines: Deadlines,
  ) {
    this.client = client;
    this.server = server;
    this.upstream = upstream;
    this.ip = ip;
    this.latencyMs = latencyMs;
    this.openedMs = client.nowMs();
    this.#deadlines = deadlines;
    client.outbound.add(this);
    server.inbound.add(this);
  }

  // ---- the client's side

  exchange(task: Task, operation: Operation, trace: Trace | undefined, key: number, timeoutMs: number): void {
    this.#task = task;
    this.operation = operation;
    this.trace = trace;
    this.key = key;
    this.client.sentBytes += requestBytes;
    this.#deadlines.add(this, this.client.nowMs() + timeoutMs);
    this.client.world.simulation.after(this.latencyMs, this.#deliver);
  }

  subscribe(subject: string, group: string, concurrency: number, deliver: (message: Message) => void): void {
    (this.server as EmbeddedProcess & Subscribing).subscribe(this, subject, group, concurrency, deliver);
  }

  close(): void {
    if (!this.isOpen) return;
    this.#detach();
    this.server.disconnected(this);
  }

  expire(): void {
    const task = this.#task;
    this.#task = undefined;
    this.close();
    task?.resume(this.upstream.fail('timeout', this.ip));
  }

  // ---- the server's side

  get route(): string {
    return this.operation?.text ?? '';
  }

  get parent(): number {
    return this.key;
  }

  get isAbandoned(): boolean {
    return !this.isOpen;
  }

  get isBusy(): boolean {
    return this.#task !== undefined;
  }

  answer(status: number): void {
    this.answerAt(this.client.world.simulation.nowMs, status);
  }

  /** The server will have the outcome at this time. */
  answerAt(timeMs: number, outcome: Outcome): void {
    if (!this.isOpen) return;
    this.#outcome = outcome;
    this.client.world.simulation.at(timeMs + this.latencyMs, this.#arrive);
  }

  /** The listener closed: idle connections go now, busy ones after their answer. */
  closeFromServer(): void {
    if (this.#task !== undefined) this.#closing = true;
    else this.#detach();
  }

  /** The server's process is gone: the client gets a reset. */
  reset(): void {
    if (!this.isOpen) return;
    this.#detach();
    const task = this.#task;
    this.#task = undefined;
    if (task === undefined) return;
    this.client.world.simulation.after(this.latencyMs, () =>
      task.resume(this.upstream.fail('reset', this.ip)),
    );
  }

  /** The client's process is gone. */
  clientDied(): void {
    this.#task = undefined;
    this.close();
  }

  #detach(): void {
    this.isOpen = false;
    this.#deadlines.remove(this);
    this.client.outbound.delete(this);
    this.server.inbound.delete(this);
  }

  readonly #deliver = (): void => {
    // A server that is frozen or has gone with its node takes nothing and answers nothing.
    if (!this.isOpen || this.server.halted) return;
    this.server.receivedBytes += requestBytes;
    this.server.receive(this);
  };

  readonly #arrive = (): void => {
    const task = this.#task;
    if (!this.isOpen || task === undefined || this.server.halted) return;
    this.#task = undefined;
    this.#deadlines.remove(this);
    this.server.sentBytes += responseBytes;
    this.client.receivedBytes += responseBytes;
    if (this.#closing) this.#detach();
    task.resume(this.#outcome);
  };
}
