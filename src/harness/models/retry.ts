import { key, unit } from '../../base/random.ts';
import { classifyModelError, type ModelError } from './model-error.ts';

export interface RetryPolicy {
  /** Attempts of one request, the first included. */
  readonly attempts: number;
  /** Time that may be spent waiting for one request, all waits together. */
  readonly waitBudgetMs: number;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 8,
  waitBudgetMs: 10 * 60_000,
  firstWaitMs: 1000,
  longestWaitMs: 60_000,
};

/** One failed attempt that will be repeated. */
export interface Retry {
  readonly kind: ModelError['kind'];
  readonly status: number | undefined;
  readonly message: string;
  readonly waitMs: number;
}

export interface RetryContext {
  readonly policy: RetryPolicy;
  /** Seeds the jitter: the same request waits equally long in every run. */
  readonly jitterKey: number;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onRetry: (retry: Retry) => void;
}

/**
 * Repeats a request while its failure is likely to pass and the budget lasts. What the provider asks to wait is waited;
 * otherwise the wait doubles, between half and all of it by the jitter. Throws the last ModelError.
 */
export async function withRetries<T>(request: () => Promise<T>, context: RetryContext): Promise<T> {
  const { policy, signal } = context;
  let waitedMs = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await request();
    } catch (thrown) {
      signal.throwIfAborted();
      const error = classifyModelError(thrown, context.nowMs());
      if (!error.isRetryable || attempt >= policy.attempts) throw error;
      const full = Math.min(policy.longestWaitMs, policy.firstWaitMs * 2 ** (attempt - 1));
      const jitter = unit(key(context.jitterKey, attempt));
      // many samples are told the same time to wait: the jitter comes on top, so that they do not return at once
      const waitMs = Math.round(
        error.retryAfterMs === undefined
          ? full * (0.5 + jitter / 2)
          : error.retryAfterMs + jitter * Math.min(full, 0.1 * error.retryAfterMs + 50),
      );
      if (waitedMs + waitMs > policy.waitBudgetMs) throw error;
      waitedMs += waitMs;
      context.onRetry({ kind: error.kind, status: error.status, message: error.message, waitMs });
      await context.sleep(waitMs, signal);
    }
  }
}
