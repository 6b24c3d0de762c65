/** A number measured on one task, and the family of tasks it belongs to: families vary independently, tasks do not. */
export interface Observation {
  readonly value: number;
  readonly cluster: string;
}

export interface ClusteredEstimate {
  readonly estimate: number;
  /** Undefined with fewer than two clusters: nothing can be said about how families differ. */
  readonly standardError: number | undefined;
  readonly clusters: number;
}

/**
 * A mean with its standard error clustered by family (Liang and Zeger's sandwich with the correction G/(G−1), as in
 * Miller, arXiv:2411.00640). Undefined without observations.
 */
export function clusteredMean(observations: readonly Observation[]): ClusteredEstimate | undefined {
  if (observations.length === 0) return undefined;
  return contrast([[observations, 1]]);
}

/** Mean of the first minus mean of the second; families that are in both are accounted for. */
export function clusteredDifference(
  first: readonly Observation[],
  second: readonly Observation[],
): ClusteredEstimate | undefined {
  if (first.length === 0 || second.length === 0) return undefined;
  return contrast([
    [first, 1],
    [second, -1],
  ]);
}

/** The mean of numbers; NaN for none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Variance of a sample (n − 1); undefined for fewer than two. */
export function variance(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

function contrast(
  parts: readonly (readonly [observations: readonly Observation[], sign: 1 | -1])[],
): ClusteredEstimate {
  const influence = new Map<string, number>();
  let estimate = 0;
  for (const [observations, sign] of parts) {
    const centre = mean(observations.map(({ value }) => value));
    estimate += sign * centre;
    for (const { value, cluster } of observations)
      influence.set(cluster, (influence.get(cluster) ?? 0) + (sign * (value - centre)) / observations.length);
  }
  const clusters = influence.size;
  const squares = [...influence.values()].reduce((sum, value) => sum + value * value, 0);
  return {
    estimate,
    standardError: clusters < 2 ? undefined : Math.sqrt((squares * clusters) / (clusters - 1)),
    clusters,
  };
}
