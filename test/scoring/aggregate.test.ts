import { expect, test } from 'vitest';
import { aggregate, aggregateBy, splitGap } from '../../src/scoring/aggregate.ts';
import { compareSamples } from '../../src/scoring/compare-samples.ts';
import type { ScoredSample } from '../../src/scoring/scored-sample.ts';

const sample = (
  task: string,
  repeat: number,
  value: number,
  more: Partial<ScoredSample> = {},
): ScoredSample => ({
  task,
  repeat,
  value,
  control: false,
  recall: value > 0 ? 1 : 0,
  precision: value,
  wrong: value === 1 ? [] : value === 0 ? ['missed-cause', 'symptom-named'] : ['too-many'],
  split: 'public',
  provider: 'embedded',
  application: 'shop',
  family: task,
  category: 'none',
  tags: [],
  effort: {},
  ...more,
});

test('repeats are averaged before tasks, and controls are a rate of their own', () => {
  const result = aggregate([
    sample('a', 0, 1, { effort: { turns: 4, costUsd: 0.5 } }),
    sample('a', 1, 0, { effort: { turns: 8, costUsd: 0.25 } }),
    sample('a', 2, 0.5, { effort: { turns: 6 } }),
    sample('b', 0, 1, { effort: { turns: 10 } }),
    sample('b', 1, 1),
    sample('c', 0, 1, { control: true }),
    sample('c', 1, 0, { control: true, wrong: ['symptom-named'] }),
  ]);
  expect(result).toMatchObject({ score: 0.75, tasks: 2, samples: 7, falseAlarmRate: 0.5, controls: 1 });
  expect(result.recall).toBeCloseTo((2 / 3 + 1) / 2, 12);
  // a: one of three passed, b: both did
  expect(result.passRate?.value).toBeCloseTo((1 / 3 + 1) / 2, 12);
  expect(result.passes.map(({ k }) => k)).toEqual([1, 2]);
  expect(result.passes[1]?.any).toBeCloseTo((2 / 3 + 1) / 2, 12);
  expect(result.passes[1]?.all).toBeCloseTo(0.5, 12);
  expect(result.effort).toMatchObject({
    turns: { mean: 8, total: 28, samples: 4 },
    costUsd: { total: 0.75, samples: 2 },
  });
  expect(result.wrong).toMatchObject({
    'missed-cause': 1,
    'symptom-named': 1,
    'too-many': 1,
    'trigger-named': 0,
  });
});

test('without tasks there is no score rather than a zero', () => {
  expect(aggregate([])).toMatchObject({
    score: undefined,
    tasks: 0,
    samples: 0,
    falseAlarmRate: undefined,
    controls: 0,
    passes: [],
  });
});

test('few families: an interval that is never a point, and tasks of one family count as one', () => {
  const same = aggregate([sample('a', 0, 1), sample('b', 0, 1), sample('c', 0, 1)]);
  expect(same.scoreEstimate).toMatchObject({ method: 'wilson', families: 3 });
  expect(same.scoreEstimate?.interval[0]).toBeLessThan(0.5);
  const one = aggregate(['a', 'b', 'c'].map((task) => sample(task, 0, 1, { family: 'f' })));
  expect(one.scoreEstimate?.families).toBe(1);
  expect(one.scoreEstimate?.standardError).toBeUndefined();
  expect(one.scoreEstimate?.interval[0]).toBeLessThan(0.25);
});

test('providers are never pooled, tags overlap', () => {
  const samples = [
    sample('a', 0, 1, { tags: ['dns', 'slow'] }),
    sample('b', 0, 0, { provider: 'kind', tags: ['dns'], split: 'held-out' }),
  ];
  const scores = (dimension: 'provider' | 'tag') =>
    aggregateBy(samples, dimension).map(([value, { score }]) => [value, score]);
  expect(scores('provider')).toEqual([
    ['embedded', 1],
    ['kind', 0],
  ]);
  expect(scores('tag')).toEqual([
    ['dns', 0.5],
    ['slow', 1],
  ]);
  expect(splitGap(samples)).toMatchObject({ difference: 1 });
  const [embedded, kind] = compareSamples(samples, [sample('a', 0, 0), sample('x', 0, 1)]);
  expect(embedded).toMatchObject({
    provider: 'embedded',
    unpaired: ['x'],
    score: { tasks: 1, difference: -1 },
  });
  expect(kind).toMatchObject({ provider: 'kind', unpaired: ['b'], score: undefined });
});
