import { byCodeUnit } from '../base/order.ts';
import { type Estimate, estimate, type Gap, gap } from './estimate.ts';
import { effortKinds, type ScoredSample } from './scored-sample.ts';
import { mean, type Observation } from './statistics/clustered.ts';
import { passAtK, passHatK } from './statistics/pass-at-k.ts';
import { type WrongKind, wrongKinds } from './wrong-answers.ts';

/** Results over samples. Means are over repeats, then over tasks; control tasks are never pooled into the score. */
export interface Aggregate {
  /** Mean score of tasks with causes; absent where there is none. */
  readonly score: number | undefined;
  readonly tasks: number;
  readonly samples: number;
  /** Share of control tasks answered with something other than an empty list. */
  readonly falseAlarmRate: number | undefined;
  readonly controls: number;
  /** The score with its error. */
  readonly scoreEstimate?: Estimate;
  readonly falseAlarmEstimate?: Estimate;
  /** Of tasks with causes. */
  readonly recall?: number;
  readonly precision?: number;
  /** Share of samples with a score of 1. */
  readonly passRate?: Estimate;
  /** Chances that one, or all, of k samples of a task pass. */
  readonly passes: readonly { readonly k: number; readonly any: number; readonly all: number }[];
  readonly effort: {
    readonly [kind in (typeof effortKinds)[number]]?: {
      readonly mean: number;
      readonly total: number;
      readonly samples: number;
    };
  };
  /** Samples of tasks with causes by what is wrong with the answer; one may be in several. */
  readonly wrong: Readonly<Record<WrongKind, number>>;
}

export function aggregate(samples: readonly ScoredSample[]): Aggregate {
  const causes = samples.filter(({ control }) => !control);
  const controls = samples.filter(({ control }) => control);
  const score = estimate(perTask(causes, ({ value }) => value));
  const falseAlarms = estimate(perTask(controls, ({ value }) => 1 - value));
  const passRate = estimate(perTask(causes, passed));
  const overTasks = (pick: (sample: ScoredSample) => number) =>
    mean(perTask(causes, pick).map(({ value }) => value));
  return {
    score: score?.value,
    tasks: score?.tasks ?? 0,
    samples: samples.length,
    falseAlarmRate: falseAlarms?.value,
    controls: falseAlarms?.tasks ?? 0,
    ...(score ? { scoreEstimate: score } : {}),
    ...(falseAlarms ? { falseAlarmEstimate: falseAlarms } : {}),
    ...(score
      ? { recall: overTasks(({ recall }) => recall), precision: overTasks(({ precision }) => precision) }
      : {}),
    ...(passRate ? { passRate } : {}),
    passes: passes(causes),
    effort: effort(samples),
    // every kind is there, in the order of the list
    wrong: Object.fromEntries(
      wrongKinds.map((kind) => [kind, causes.filter(({ wrong }) => wrong.includes(kind)).length]),
    ) as Record<WrongKind, number>,
  };
}

/** What results are broken down by. A sample with several tags is in several groups. */
export const dimensions = {
  split: (sample: ScoredSample) => [sample.split],
  provider: (sample: ScoredSample) => [sample.provider],
  application: (sample: ScoredSample) => [sample.application],
  category: (sample: ScoredSample) => [sample.category],
  tag: (sample: ScoredSample) => sample.tags,
} as const;
export type Dimension = keyof typeof dimensions;

/** Aggregates by a property, sorted by its value. */
export function aggregateBy(
  samples: readonly ScoredSample[],
  dimension: Dimension,
): readonly (readonly [value: string, aggregate: Aggregate])[] {
  const groups = new Map<string, ScoredSample[]>();
  for (const sample of samples)
    for (const value of dimensions[dimension](sample)) {
      const group = groups.get(value);
      if (group) group.push(sample);
      else groups.set(value, [sample]);
    }
  return [...groups].sort(([a], [b]) => byCodeUnit(a, b)).map(([value, group]) => [value, aggregate(group)]);
}

/** Score on public tasks minus score on held-out ones. A large gap: the public ones were learnt, or are easier. */
export function splitGap(samples: readonly ScoredSample[]): Gap | undefined {
  const of = (split: string) =>
    perTask(
      samples.filter((sample) => !sample.control && sample.split === split),
      ({ value }) => value,
    );
  return gap(of('public'), of('held-out'));
}

/** A mean over repeats for every task. */
export function perTask(
  samples: readonly ScoredSample[],
  pick: (sample: ScoredSample) => number,
): Observation[] {
  return [...Map.groupBy(samples, ({ task }) => task).values()].map((group) => ({
    value: mean(group.map(pick)),
    cluster: group[0]?.family ?? '',
  }));
}

function passed({ value }: ScoredSample): number {
  return value === 1 ? 1 : 0;
}

/** For every k up to the fewest repeats of a task, ten at most. */
function passes(samples: readonly ScoredSample[]): Aggregate['passes'] {
  const tasks = [...Map.groupBy(samples, ({ task }) => task).values()].map((group) => ({
    n: group.length,
    c: group.filter(passed).length,
  }));
  if (tasks.length === 0) return [];
  const most = Math.min(10, ...tasks.map(({ n }) => n));
  return Array.from({ length: most }, (_, index) => index + 1).map((k) => ({
    k,
    any: mean(tasks.map(({ n, c }) => passAtK(n, c, k))),
    all: mean(tasks.map(({ n, c }) => passHatK(n, c, k))),
  }));
}

function effort(samples: readonly ScoredSample[]): Aggregate['effort'] {
  return Object.fromEntries(
    effortKinds.flatMap((kind) => {
      const measured = samples.flatMap((sample) => {
        const value = sample.effort[kind];
        return value === undefined ? [] : [{ task: sample.task, value }];
      });
      if (measured.length === 0) return [];
      const byTask = [...Map.groupBy(measured, ({ task }) => task).values()].map((group) =>
        mean(group.map(({ value }) => value)),
      );
      const total = measured.reduce((sum, { value }) => sum + value, 0);
      return [[kind, { mean: mean(byTask), total, samples: measured.length }]];
    }),
  );
}
