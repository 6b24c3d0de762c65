import { byCodeUnit } from '../base/order.ts';
import type { ScoredSample } from './scored-sample.ts';
import { comparePaired, type PairedComparison, type TaskPair } from './statistics/paired.ts';

/** Two agents on the tasks both were given. */
export interface SampleComparison {
  readonly provider: string;
  /** Tasks with causes: the score. */
  readonly score: PairedComparison | undefined;
  /** Control tasks: the false-alarm rate. */
  readonly falseAlarms: PairedComparison | undefined;
  /** Tasks that only one of them has results for. */
  readonly unpaired: readonly string[];
}

/** Task by task and provider by provider: results of different kinds of clusters are never pooled. */
export function compareSamples(
  first: readonly ScoredSample[],
  second: readonly ScoredSample[],
): readonly SampleComparison[] {
  const providers = [...new Set([...first, ...second].map(({ provider }) => provider))].sort(byCodeUnit);
  return providers.map((provider) => {
    const group = (samples: readonly ScoredSample[]) =>
      Map.groupBy(
        samples.filter((sample) => sample.provider === provider),
        ({ task }) => task,
      );
    const [a, b] = [group(first), group(second)];
    const pairs = (control: boolean, pick: (sample: ScoredSample) => number): TaskPair[] =>
      [...a].flatMap(([task, samples]) => {
        const others = b.get(task);
        const [{ family = '', control: isControl = false } = {}] = samples;
        if (!others || isControl !== control) return [];
        return [{ family, first: samples.map(pick), second: others.map(pick) }];
      });
    return {
      provider,
      score: comparePaired(pairs(false, ({ value }) => value)),
      falseAlarms: comparePaired(pairs(true, ({ value }) => 1 - value)),
      unpaired: [...new Set([...a.keys(), ...b.keys()])]
        .filter((task) => !a.has(task) || !b.has(task))
        .sort(byCodeUnit),
    };
  });
}
