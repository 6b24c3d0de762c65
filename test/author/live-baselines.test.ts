import { describe, expect, test } from 'vitest';
import type { IndicatorValue } from '../../src/author/indicators.ts';
import { comparableShifts, compareLiveBaselines } from '../../src/author/live-baselines.ts';
import type { Application } from '../../src/spec/application.ts';

const application = {
  file: {
    indicators: [
      { name: 'errors', unit: 'ratio', threshold: 0.01 },
      { name: 'p95', unit: 'seconds', threshold: 0.25 },
    ],
  },
} as unknown as Application;
const values = (errors: number | undefined, p95: number | undefined): readonly IndicatorValue[] => [
  { name: 'errors', unit: 'ratio', baseline: errors, incident: 0.5 },
  { name: 'p95', unit: 'seconds', baseline: p95, incident: 2 },
];
const of = (task: readonly IndicatorValue[], twin: readonly IndicatorValue[]) =>
  compareLiveBaselines(application, { task, twin });

describe('two healthy times on a real cluster', () => {
  test('need not be equal, only as healthy', () => {
    expect(of(values(0.001, 0.3), values(0.004, 0.4)).holds).toBe(true);
    expect(of(values(0.03, 0.3), values(0, 0.3))).toMatchObject({
      holds: false,
      detail: 'indicators differ before the incident: errors 0.0300 (twin 0.00)',
    });
    expect(of(values(0, undefined), values(0, 0.3)).holds).toBe(false);
    expect(of(values(0, 0.3), values(0, undefined)).holds).toBe(false);
  });

  test('of one nobody happened to do something in: that proves nothing, and is no sickness', () => {
    for (const [task, twin] of [
      [values(undefined, 0.3), values(0, 0.3)],
      [values(0, 0.3), values(undefined, 0.3)],
    ] as const) {
      expect(of(task, twin)).toMatchObject({
        holds: true,
        detail: expect.stringMatching(/errors .*no data/),
      });
      const shift = { name: 'errors', unit: 'ratio', task: 1, twin: 0, threshold: 0.1, felt: true };
      expect(comparableShifts(application, { task, twin }, [shift])[0]?.felt).toBe(false);
    }
  });

  test('are not both healthy where one tells nothing', () => {
    expect(of(values(undefined, undefined), values(0, 0.3)).holds).toBe(false);
    expect(of(values(0, 0.3), values(undefined, undefined)).holds).toBe(false);
  });

  test('of other speed make latency no proof, and errors still one', () => {
    const [task, twin] = [values(0, 0.3), values(0, 0.9)];
    expect(of(task, twin)).toMatchObject({ holds: true, detail: expect.stringContaining('p95') });
    const shift = { task: 1, twin: 0, threshold: 0.1, felt: true };
    expect(
      comparableShifts(application, { task, twin }, [
        { name: 'errors', unit: 'ratio', ...shift },
        { name: 'p95', unit: 'seconds', ...shift },
      ]).map(({ felt }) => felt),
    ).toEqual([true, false]);
  });
});
