/**
 * How many requests may be under way at once. A rate limit takes a fifth away (at most once per `cooldownMs`, for many
 * requests hear of the same one); a row of successes gives one back, up to the maximum.
 */
export class AdaptiveLimit {
  readonly #maximum: number;
  readonly #cooldownMs: number;
  readonly #nowMs: () => number;
  readonly #waiting: (() => void)[] = [];
  #limit: number;
  #active = 0;
  #successes = 0;
  #loweredMs = Number.NEGATIVE_INFINITY;

  constructor(maximum: number, nowMs: () => number, cooldownMs = 15_000) {
    this.#maximum = maximum;
    this.#limit = maximum;
    this.#nowMs = nowMs;
    this.#cooldownMs = cooldownMs;
  }

  /** Requests allowed at once, now. */
  get current(): number {
    return this.#limit;
  }

  async run<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      const result = await request();
      if (++this.#successes >= 2 * this.#limit && this.#limit < this.#maximum) {
        this.#limit++;
        this.#successes = 0;
      }
      return result;
    } finally {
      this.#active--;
      this.#admit();
    }
  }

  rateLimited(): void {
    this.#successes = 0;
    if (this.#nowMs() - this.#loweredMs < this.#cooldownMs) return;
    this.#loweredMs = this.#nowMs();
    this.#limit = Math.max(1, Math.floor(this.#limit * 0.8));
  }

  #enter(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.#active < this.#limit) {
      this.#active++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      const enter = () => {
        signal.removeEventListener('abort', abort);
        this.#active++;
        resolve();
      };
      this.#waiting.push(enter);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  #admit(): void {
    while (this.#active < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      next();
    }
  }
}
