import { bootstrapInterval } from './bootstrap.ts';
import { clusteredMean, mean, variance } from './clustered.ts';
import { studentQuantile } from './distributions.ts';
import { type Interval, studentInterval } from './intervals.ts';
import { type PermutationTest, signFlipTest } from './permutation.ts';

/** The scores of one task in two runs, a number per repeat. */
export interface TaskPair {
  readonly family: string;
  readonly first: readonly number[];
  readonly second: readonly number[];
}

export interface PairedComparison {
  readonly tasks: number;
  readonly families: number;
  readonly first: number;
  readonly second: number;
  /** Second minus first. */
  readonly difference: number;
  /** Clustered by family. */
  readonly standardError: number | undefined;
  /** Undefined where no task differs, or there is one family only. */
  readonly interval: Interval | undefined;
  readonly bootstrap: Interval | undefined;
  readonly permutation: PermutationTest;
  /** Of the difference, between tasks, without the noise of the repeats. */
  readonly varianceBetweenTasks: number | undefined;
  /** Of one repeat within a task, mean over tasks; undefined with a single repeat. */
  readonly varianceWithin: readonly [first: number | undefined, second: number | undefined];
  /** The difference that as many tasks and repeats show in four of five trials (two-sided 5 %). */
  readonly smallestDetectable: number | undefined;
  /** The same with endless repeats of the same tasks: where only more tasks help. */
  readonly smallestDetectableByRepeats: number | undefined;
}

/** Compares two runs task by task. Undefined without a common task. */
export function comparePaired(pairs: readonly TaskPair[]): PairedComparison | undefined {
  const differences = pairs.map(({ family, first, second }) => ({
    value: mean(second) - mean(first),
    cluster: family,
  }));
  const clustered = clusteredMean(differences);
  if (!clustered) return undefined;
  const { estimate, standardError, clusters } = clustered;
  const isEstimable = standardError !== undefined && standardError > 1e-12;
  const power = detectable(pairs, standardError, clusters);
  return {
    tasks: pairs.length,
    families: clusters,
    first: mean(pairs.map(({ first }) => mean(first))),
    second: mean(pairs.map(({ second }) => mean(second))),
    difference: estimate,
    standardError,
    interval: isEstimable ? studentInterval(estimate, standardError, clusters, [-1, 1]) : undefined,
    bootstrap: isEstimable ? bootstrapInterval(differences) : undefined,
    permutation: signFlipTest(differences),
    ...power,
  };
}

/**
 * Miller's formula solved for the difference: (z₀.₉₇₅ + z₀.₈) √((ω² + σ₁²/K₁ + σ₂²/K₂) / n), with Student's quantiles in
 * place of the normal ones, as for the interval, and widened by what the families' likeness costs.
 */
function detectable(
  pairs: readonly TaskPair[],
  standardError: number | undefined,
  families: number,
): Pick<
  PairedComparison,
  'varianceBetweenTasks' | 'varianceWithin' | 'smallestDetectable' | 'smallestDetectableByRepeats'
> {
  const n = pairs.length;
  const total = variance(pairs.map(({ first, second }) => mean(second) - mean(first)));
  const sides = [pairs.map(({ first }) => first), pairs.map(({ second }) => second)] as const;
  const within = (side: readonly (readonly number[])[]) => {
    const variances = side.flatMap((scores) => variance(scores) ?? []);
    return variances.length === 0 ? undefined : mean(variances);
  };
  const noise = sides
    .map((side) => mean(side.map((scores) => (variance(scores) ?? 0) / scores.length)))
    .reduce((a, b) => a + b, 0);
  const between = total === undefined ? undefined : Math.max(0, total - noise);
  const varianceWithin = [within(sides[0]), within(sides[1])] as const;
  if (total === undefined || between === undefined || standardError === undefined || between + noise < 1e-12)
    return {
      varianceBetweenTasks: between,
      varianceWithin,
      smallestDetectable: undefined,
      smallestDetectableByRepeats: undefined,
    };
  const designEffect = total > 0 ? Math.max(1, standardError ** 2 / (total / n)) : 1;
  const quantiles = studentQuantile(0.975, families - 1) + studentQuantile(0.8, families - 1);
  const size = (varianceOfTask: number) => quantiles * Math.sqrt((varianceOfTask / n) * designEffect);
  return {
    varianceBetweenTasks: between,
    varianceWithin,
    smallestDetectable: size(between + noise),
    smallestDetectableByRepeats: size(between),
  };
}
