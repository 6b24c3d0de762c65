import { bootstrapInterval } from './statistics/bootstrap.ts';
import { clusteredDifference, clusteredMean, type Observation } from './statistics/clustered.ts';
import { type Interval, jeffreys, studentInterval, wilson } from './statistics/intervals.ts';

/** A mean of numbers between 0 and 1 over tasks, with what can be said about its error. Intervals cover 95 %. */
export interface Estimate {
  readonly value: number;
  readonly tasks: number;
  readonly families: number;
  /** Clustered by family; absent with a single one. */
  readonly standardError?: number;
  /** The interval to show. */
  readonly interval: Interval;
  /** `student`: from the clustered standard error; `wilson`: too few families, or none that differ, for that. */
  readonly method: 'student' | 'wilson';
  /** Percentiles over resampled families. */
  readonly bootstrap?: Interval;
  /** Shares of as many trials as there are families: wide, and safe for few tasks. */
  readonly wilson: Interval;
  readonly betaBinomial: Interval;
}

/** With fewer families, the standard error is too uncertain itself. */
const studentFrom = 20;

/** Estimates a mean from one value per task. Undefined without a task. */
export function estimate(observations: readonly Observation[]): Estimate | undefined {
  const clustered = clusteredMean(observations);
  if (!clustered) return undefined;
  const { estimate: value, standardError, clusters } = clustered;
  const bootstrap = bootstrapInterval(observations);
  const asShare = roundInterval(wilson(value * clusters, clusters));
  const isStudent = standardError !== undefined && standardError > 1e-12 && clusters >= studentFrom;
  return {
    value,
    tasks: observations.length,
    families: clusters,
    ...(standardError === undefined ? {} : { standardError: round(standardError) }),
    interval: isStudent ? roundInterval(studentInterval(value, standardError, clusters, [0, 1])) : asShare,
    method: isStudent ? 'student' : 'wilson',
    ...(bootstrap ? { bootstrap: roundInterval(bootstrap) } : {}),
    wilson: asShare,
    betaBinomial: roundInterval(jeffreys(value * clusters, clusters)),
  };
}

/** How far two groups of tasks are apart: the first minus the second. */
export interface Gap {
  readonly difference: number;
  readonly standardError?: number;
  readonly interval?: Interval;
}

/** Undefined if one of the groups is empty. */
export function gap(first: readonly Observation[], second: readonly Observation[]): Gap | undefined {
  const clustered = clusteredDifference(first, second);
  if (!clustered) return undefined;
  const { estimate: difference, standardError, clusters } = clustered;
  if (standardError === undefined || standardError < 1e-12) return { difference };
  return {
    difference,
    standardError: round(standardError),
    interval: roundInterval(studentInterval(difference, standardError, clusters, [-1, 1])),
  };
}

/** Nine decimals: the last bits may differ between machines. */
function round(value: number): number {
  return Number(value.toFixed(9));
}

export function roundInterval([low, high]: Interval): Interval {
  return [round(low), round(high)];
}
