import { byCodeUnit } from '../base/order.ts';

/** One scored sample. */
export interface ScoredSample {
  readonly task: string;
  readonly repeat: number;
  readonly value: number;
  readonly control: boolean;
  readonly split: string;
  readonly provider: string;
  readonly application: string;
}

export interface Aggregate {
  /** Mean over repeats, then over tasks; `undefined` where there is no task with a cause. */
  readonly score: number | undefined;
  readonly tasks: number;
  readonly samples: number;
  /** Share of control tasks (mean over repeats) answered with something other than an empty list. */
  readonly falseAlarmRate: number | undefined;
  readonly controls: number;
}

/** The main metric over samples; control tasks are counted apart and never pooled into it. */
export function aggregate(samples: readonly ScoredSample[]): Aggregate {
  const causes = taskMeans(samples.filter((sample) => !sample.control));
  const controls = taskMeans(samples.filter((sample) => sample.control));
  return {
    score: mean(causes),
    tasks: causes.length,
    samples: samples.length,
    falseAlarmRate: controls.length === 0 ? undefined : 1 - mean(controls)!,
    controls: controls.length,
  };
}

/** Aggregates by a property, sorted by its value. */
export function aggregateBy(
  samples: readonly ScoredSample[],
  property: 'split' | 'provider' | 'application',
): readonly (readonly [value: string, aggregate: Aggregate])[] {
  const groups = Map.groupBy(samples, (sample) => sample[property]);
  return [...groups].sort(([a], [b]) => byCodeUnit(a, b)).map(([value, group]) => [value, aggregate(group)]);
}

function taskMeans(samples: readonly ScoredSample[]): number[] {
  return [...Map.groupBy(samples, (sample) => sample.task).values()].map(
    (group) => mean(group.map((sample) => sample.value))!,
  );
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
