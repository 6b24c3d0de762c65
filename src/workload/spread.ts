import { unit } from '../base/random.ts';

/**
 * A duration around its mean for one key: right-skewed as service times are (median 0.8, 99th percentile 2.7, at most
 * 2.85 of the mean). Multiplications only, so that every engine gives the same bits.
 */
export function spread(mean: number, key: number): number {
  const u = unit(key);
  const u2 = u * u;
  const u4 = u2 * u2;
  return mean * (0.55 + 0.5 * u + 1.8 * u4 * u4);
}
