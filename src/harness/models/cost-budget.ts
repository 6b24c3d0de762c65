import { OperationError } from '../../base/errors.ts';

/** A run was stopped because the next request could have cost more than what is left. */
export class CostLimitError extends OperationError {
  constructor(maximumUsd: number, spentUsd: number) {
    super(
      'max-cost',
      `stopped before the run would cost more than $${maximumUsd}: $${spentUsd.toFixed(4)} is spent, and the next request could exceed it`,
      { hint: 'culprit eval --resume with a higher --max-cost continues it' },
    );
  }
}

/**
 * Money of a run. Every request reserves the most it can cost before it is sent and settles what it did cost, so that
 * many at once cannot exceed the maximum together.
 */
export class CostBudget {
  readonly #maximumUsd: number;
  #spentUsd: number;
  readonly #onSpent: (usd: number) => void;
  #reservedUsd = 0;

  constructor(maximumUsd: number, spentUsd = 0, onSpent: (usd: number) => void = () => {}) {
    this.#maximumUsd = maximumUsd;
    this.#spentUsd = spentUsd;
    this.#onSpent = onSpent;
  }

  get spentUsd(): number {
    return this.#spentUsd;
  }

  /** Whether `usd` more fits even if everything under way costs its most; if so it is set aside. */
  reserve(usd: number): boolean {
    if (this.#spentUsd + this.#reservedUsd + usd > this.#maximumUsd) return false;
    this.#reservedUsd += usd;
    return true;
  }

  settle(reservedUsd: number, spentUsd: number): void {
    this.#reservedUsd -= reservedUsd;
    this.#spentUsd += spentUsd;
    if (spentUsd > 0) this.#onSpent(spentUsd);
  }

  error(): CostLimitError {
    return new CostLimitError(this.#maximumUsd, this.#spentUsd);
  }
}
