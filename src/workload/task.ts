import type { Host } from './host.ts';
import type { Trace } from './tracing.ts';

/**
 * What programs are made of: a generator that asks its host for something (sleep, compute, open, exchange) and then
 * yields, to be resumed with the outcome. Nothing in it knows whether time is virtual.
 */
export type Effect<R> = Generator<undefined, R, unknown>;

/** One flow of control inside a process: a request, a message, a journey, a branch of a parallel step. */
export class Task {
  readonly host: Host;
  readonly trace: Trace | undefined;
  /** Key of the span this task works for: the parent of the spans it makes. */
  spanKey: number;
  /** `GET /cart`: what it serves, for its log lines. */
  readonly label: string;
  #body: Effect<unknown> | undefined;
  constructor(host: Host, trace: Trace | undefined, spanKey: number, label: string) {
    this.host = host;
    this.trace = trace;
    this.spanKey = spanKey;
    this.label = label;
  }
  start(body: Effect<unknown>): void {
    this.#body = body;
    body.next();
  }
  /** Goes on with the outcome of what was asked for. Never called from within the task itself. */
  resume(value: unknown): void {
    if (this.host.halted) this.host.defer(this, value);
    else this.#body!.next(value);
  }
  /** `resume` without an outcome, to be handed to timers. */
  readonly wake = (): void => this.resume(undefined);
}
