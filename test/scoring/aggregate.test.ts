import { expect, test } from 'vitest';
import { aggregate, aggregateBy, type ScoredSample } from '../../src/scoring/aggregate.ts';

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
  split: 'public',
  provider: 'embedded',
  application: 'shop',
  ...more,
});

test('repeats are averaged before tasks, and controls are a rate of their own', () => {
  const samples = [
    sample('a', 0, 1),
    sample('a', 1, 0),
    sample('a', 2, 0.5),
    sample('b', 0, 1),
    sample('c', 0, 1, { control: true }),
    sample('c', 1, 0, { control: true }),
  ];
  expect(aggregate(samples)).toEqual({ score: 0.75, tasks: 2, samples: 6, falseAlarmRate: 0.5, controls: 1 });
});

test('without tasks there is no score rather than a zero', () => {
  expect(aggregate([])).toEqual({
    score: undefined,
    tasks: 0,
    samples: 0,
    falseAlarmRate: undefined,
    controls: 0,
  });
});

test('providers are never pooled', () => {
  const rows = aggregateBy([sample('a', 0, 1), sample('b', 0, 0, { provider: 'kind' })], 'provider');
  expect(rows.map(([provider, { score }]) => [provider, score])).toEqual([
    ['embedded', 1],
    ['kind', 0],
  ]);
});
