import { betaCdf } from './distributions.ts';

/** Chance of at least as many successes in `trials` at a rate: the p-value against "no better than the rate". */
export function binomialTail(successes: number, trials: number, rate: number): number {
  if (successes <= 0) return 1;
  return betaCdf(rate, successes, trials - successes + 1);
}

/**
 * Benjamini and Hochberg: p-values adjusted for having asked as many questions, in the order given. Calling out all
 * that are at most q leaves a share of q of the calls wrong on average.
 */
export function adjustedPValues(values: readonly number[]): readonly number[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
  const adjusted = [...values];
  let least = 1;
  for (const [place, index] of order.entries()) {
    least = Math.min(least, ((values[index] ?? 1) * values.length) / (values.length - place));
    adjusted[index] = least;
  }
  return adjusted;
}
