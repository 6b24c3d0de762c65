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
  #done: ((result: never) => void) | undefined;
  constructor(host: Host, trace: Trace | undefined, spanKey: number, label: string) {
    this.host = host;
    this.trace = trace;
    this.spanKey = spanKey;
    this.label = label;
  }
  /** Runs to the first effect; `done` gets the result when the body has come to its end. */
  start<R>(body: Effect<R>, done?: (result: R) => void): void {
    this.#body = body;
    this.#done = done;
    const step = body.next();
    if (step.done === true) done?.(step.value);
  }
  /** Goes on with the outcome of what was asked for. Never called from within the task itself. */
  resume(value: unknown): void {
    if (this.host.halted) {
      this.host.defer(this, value);
      return;
    }
    const step = this.#body!.next(value);
    if (step.done === true) this.#done?.(step.value as never);
  }
  /** `resume` without an outcome, to be handed to timers. */
  readonly wake = (): void => this.resume(undefined);
}
