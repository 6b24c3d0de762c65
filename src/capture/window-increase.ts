import type { Series } from '../cluster/cluster.ts';

/**
 * How much a counter grew between two times, over resets (a restarted process counts from zero again). A series that
 * begins well inside grew by its first value too: it is a new process.
 */
export function increaseBetween(values: Series['values'], fromMs: number, toMs: number): number {
  let total = 0;
  let previous: number | undefined;
  let firstInsideMs: number | undefined;
  for (const [seconds, value] of values) {
    const timeMs = seconds * 1000;
    if (timeMs > toMs) break;
    if (!Number.isFinite(value)) continue;
    if (timeMs >= fromMs) {
      firstInsideMs ??= timeMs;
      if (previous === undefined) total += firstInsideMs - fromMs > 45_000 ? value : 0;
      else total += value >= previous ? value - previous : value;
    }
    previous = value;
  }
  return total;
}

/** A quantile of a histogram from the growth of its cumulative buckets; the upper bound of the last one is infinite. */
export function bucketQuantile(quantile: number, buckets: ReadonlyMap<number, number>): number | undefined {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (total <= 0) return undefined;
  const rank = quantile * total;
  let lower = 0;
  let below = 0;
  for (const [bound, count] of sorted) {
    if (count >= rank) {
      if (!Number.isFinite(bound)) return lower;
      return count === below ? bound : lower + ((bound - lower) * (rank - below)) / (count - below);
    }
    lower = bound;
    below = count;
  }
  return lower;
}
