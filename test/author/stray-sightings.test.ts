import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Sighting } from '../../src/author/expectations.ts';
import { withoutStrays } from '../../src/author/stray-sightings.ts';
import type { Condition, Expectation } from '../../src/spec/plan.ts';

const log: Condition = { type: 'log', namespace: 'shop', workload: 'web', pattern: 'timed out' };
const alert: Condition = { type: 'alert', name: 'HighRequestErrorRatio' };
const expects = (condition: Condition, must = true) =>
  ({
    id: 'e',
    origin: { type: 'fault', id: 'f' },
    condition,
    must,
    withinMs: 60_000,
  }) as unknown as Expectation;
const seen = (times: number): Sighting => ({ timeMs: 1, seen: 'web-1: timed out', times });

it('a line now and then in the healthy twin does not refute what the fault shows all the time', () => {
  expect(withoutStrays([expects(log)], [seen(148)], [seen(1)])).toEqual([undefined]);
  expect(withoutStrays([expects(log)], [seen(40)], [seen(4)])).toEqual([undefined]);
});

it.each([
  ['too many in the twin', expects(log), 1000, 5],
  ['too few in the task', expects(log), 39, 4],
  ['an alert', expects(alert), 1000, 1],
  ['what must not be seen', expects(log, false), 1000, 1],
])('what the twin shows counts: %s', (_, expectation, task, twin) => {
  expect(withoutStrays([expectation], [seen(task)], [seen(twin)])).toEqual([seen(twin)]);
});

it('never adds anything, and keeps what the task does not show', () => {
  const sighting = fc.option(fc.integer({ min: 1, max: 200 }).map(seen), { nil: undefined });
  fc.assert(
    fc.property(sighting, sighting, (task, twin) => {
      const [left] = withoutStrays([expects(log)], [task], [twin]);
      expect(left === undefined || left === twin).toBe(true);
      if (task === undefined) expect(left).toBe(twin);
    }),
  );
});
