import { betaQuantile, studentQuantile } from './distributions.ts';

/** Quantile of the normal distribution: two-sided 95 %. */
const z975 = 1.959963984540054;

/** Bounds of a 95 % interval. */
export type Interval = readonly [low: number, high: number];

/** Wilson's score interval of a share. `successes` may be a sum of scores between 0 and 1: it is then conservative. */
export function wilson(successes: number, n: number): Interval {
  const share = successes / n;
  const z2 = z975 * z975;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (z975 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/**
 * The Beta-Binomial posterior's interval under Jeffreys' prior, Beta(½, ½). At no success the lower bound is 0, at
 * nothing but success the upper one is 1.
 */
export function jeffreys(successes: number, n: number): Interval {
  const a = successes + 0.5;
  const b = n - successes + 0.5;
  return [successes <= 0 ? 0 : betaQuantile(0.025, a, b), successes >= n ? 1 : betaQuantile(0.975, a, b)];
}

/** Student's interval around an estimate whose standard error comes from as many clusters, kept inside the bounds. */
export function studentInterval(
  estimate: number,
  standardError: number,
  clusters: number,
  [low, high]: Interval,
): Interval {
  const half = studentQuantile(0.975, clusters - 1) * standardError;
  return [Math.max(low, estimate - half), Math.min(high, estimate + half)];
}
