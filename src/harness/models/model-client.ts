import { setTimeout as sleepFor } from 'node:timers/promises';
import { key } from '../../base/random.ts';
import type { ModelPrice } from '../../spec/prices.ts';
import type { AdaptiveLimit } from './adaptive-limit.ts';
import type { CostBudget } from './cost-budget.ts';
import { estimateTokens, type Model, type ModelReply, type ModelRequest } from './model.ts';
import { ModelError } from './model-error.ts';
import { costOf } from './prices.ts';
import { defaultRetryPolicy, type Retry, type RetryPolicy, withRetries } from './retry.ts';

export interface ModelClientOptions {
  readonly model: Model;
  readonly price: ModelPrice | undefined;
  /** Tokens of one reply at most, as asked for; what a request can cost follows from it. */
  readonly maxTokens: number;
  readonly limit: AdaptiveLimit;
  readonly budget?: CostBudget;
  readonly retry?: RetryPolicy;
  readonly nowMs: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface ClientReply {
  readonly reply: ModelReply;
  /** Undefined where no price is known. */
  readonly costUsd: number | undefined;
  readonly elapsedMs: number;
  readonly modelMs: number;
}

/** Asks a model: waits for a slot, repeats what is worth repeating, keeps within the budget, counts what it cost. */
export class ModelClient {
  readonly #options: ModelClientOptions;

  constructor(options: ModelClientOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.model.name;
  }

  /**
   * Throws ModelError, CostLimitError, or the signal's reason. `attemptMs` is what one attempt may take; a longer one
   * is a `time-limit`, which is not repeated.
   */
  async generate(
    request: ModelRequest,
    signal: AbortSignal,
    onRetry: (retry: Retry) => void,
    attemptMs: number,
  ): Promise<ClientReply> {
    const { model, price, limit, nowMs, budget } = this.#options;
    const startedMs = nowMs();
    let modelMs = 0;
    const { task, repeat, turn, purpose } = request.identity;
    const reservedUsd = price && budget ? this.#mostUsd(request, price) : 0;
    if (budget && !budget.reserve(reservedUsd)) throw budget.error();
    let costUsd: number | undefined;
    try {
      const reply = await withRetries(
        () =>
          limit.run(async () => {
            const beganMs = nowMs();
            const given = await withTimeLimit(
              (aborted) => model.generate(request, aborted),
              signal,
              attemptMs,
            );
            modelMs = nowMs() - beganMs;
            return given;
          }, signal),
        {
          policy: this.#options.retry ?? defaultRetryPolicy,
          jitterKey: key(0, task, repeat, purpose, turn),
          signal,
          nowMs,
          sleep: this.#options.sleep ?? ((ms, aborted) => sleepFor(ms, undefined, { signal: aborted })),
          onRetry: (retry) => {
            if (retry.kind === 'rate-limit') limit.rateLimited();
            onRetry(retry);
          },
        },
      );
      costUsd = price && costOf(reply.usage, price);
      return { reply, costUsd, elapsedMs: nowMs() - startedMs, modelMs };
    } finally {
      budget?.settle(reservedUsd, costUsd ?? 0);
    }
  }

  /** Half as many input tokens again as estimated, and the longest reply: rarely less than it will be. */
  #mostUsd(request: ModelRequest, price: ModelPrice): number {
    const input = estimateTokens(JSON.stringify([request.messages, request.tools])) * 1.5;
    const inputPrice = Math.max(price.input, price.cacheWrite ?? 0);
    return (input * inputPrice + this.#options.maxTokens * price.output) / 1e6;
  }
}

async function withTimeLimit<T>(
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  limitMs: number,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new ModelError('time-limit', 'the time of the sample is used up')),
    limitMs,
  );
  try {
    return await work(AbortSignal.any([signal, limit.signal]));
  } catch (error) {
    throw limit.signal.aborted && !signal.aborted ? limit.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}
