import { key, Random } from '../../base/random.ts';
import type { Observation } from './clustered.ts';
import type { Interval } from './intervals.ts';

/**
 * Percentile interval of the mean from resampled families, always the same for the same observations. Undefined with
 * fewer than two families.
 */
export function bootstrapInterval(
  observations: readonly Observation[],
  resamples = 2000,
): Interval | undefined {
  const clusters = [...Map.groupBy(observations, ({ cluster }) => cluster).values()].map((group) => ({
    sum: group.reduce((sum, { value }) => sum + value, 0),
    count: group.length,
  }));
  if (clusters.length < 2) return undefined;
  const random = new Random(key(0, 'bootstrap'));
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    let count = 0;
    for (let draw = 0; draw < clusters.length; draw++) {
      const cluster = random.pick(clusters);
      sum += cluster.sum;
      count += cluster.count;
    }
    means[resample] = sum / count;
  }
  means.sort();
  return [quantile(means, 0.025), quantile(means, 0.975)];
}

/** Linear between order statistics. */
function quantile(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below] ?? 0;
  return low + (at - below) * ((sorted[below + 1] ?? low) - low);
}
