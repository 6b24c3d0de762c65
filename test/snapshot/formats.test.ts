import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LogSample } from '../../src/snapshot/log-sample.ts';
import { selectSeries } from '../../src/snapshot/metric-policy.ts';
import {
  metricFileName,
  metricOfFileName,
  parseValue,
  tableLines,
  toTable,
  unescapeCell,
} from '../../src/snapshot/metric-table.ts';
import { parseMetricHeader } from '../../src/snapshot/public-reader.ts';
import { TraceSample } from '../../src/snapshot/trace-sample.ts';

const times = [1_772_600_400_000, 1_772_600_430_000, 1_772_600_460_000];
const value = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: false }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1 + 0.2, 1e-9),
);

it('reads metrics back as they were: any label, any number, gaps', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.option(value), { minLength: 3, maxLength: 3 }),
      (pods, numbers) => {
        const values = numbers.flatMap((number, index) =>
          number === null ? [] : [[(times[index] ?? 0) / 1000, number] as const],
        );
        const lines = [
          ...tableLines(
            toTable(
              pods.map((pod) => ({ metric: { __name__: 'x', pod }, values })),
              times,
            ),
          ),
        ];
        const header = parseMetricHeader((lines[0] ?? '').split('\t'));
        expect(header).toEqual({ labels: ['pod'], timesMs: times });
        const rows = lines.slice(1).map((line) => line.split('\t'));
        expect(new Set(rows.map(([pod = '']) => unescapeCell(pod)))).toEqual(new Set(pods));
        for (const [, ...cells] of rows)
          cells.map(parseValue).forEach((cell, index) => {
            const number = numbers[index];
            if (number === null || number === undefined) expect(cell).toBeUndefined();
            else if (Number.isFinite(number))
              expect(Math.abs((cell ?? Number.NaN) - number)).toBeLessThanOrEqual(
                Math.max(0.0006, Math.abs(number) * 1e-5),
              );
            else expect(cell).toBe(number);
          });
      },
    ),
  );
});

it('gives every metric a file of its own', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
      expect(metricFileName(name)).toMatch(/^[\w%]+\.tsv$/);
      expect(metricOfFileName(metricFileName(name))).toBe(name.toWellFormed());
    }),
  );
});

it('samples traces and logs by what they are, not by when they come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.stringMatching(/^[0-9a-f]{4}$/), fc.nat(60)), { maxLength: 60 }),
      fc.integer({ min: 100, max: 900 }),
      (items, budget) => {
        const traces = (list: typeof items) => {
          const sample = new TraceSample(budget);
          for (const [id, size] of list)
            sample.add(
              id,
              () => `${id} ${size}`,
              () => `${id} ${'x'.repeat(size)}`,
            );
          return [sample.share, sample.lines()];
        };
        expect(traces([...items].reverse())).toEqual(traces(items));
        const logs = (list: typeof items) => {
          const sample = new LogSample('a.log', budget);
          for (const [id, size] of list)
            sample.add(Number.parseInt(id, 16), `info ${id} ${'x'.repeat(size)}`);
          return new Set(sample.lines().map(({ text }) => text));
        };
        expect(logs([...items].reverse())).toEqual(logs(items));
      },
    ),
  );
});

it('leaves out only series that repeat what stands elsewhere', () => {
  const one = (metric: Record<string, string>, ...values: number[]) => ({
    metric,
    values: values.map((number, index) => [index * 30, number] as const),
  });
  const zero = one({ pod: 'a' }, 0, 0);
  expect(selectSeries('http_requests_total', [zero])).toEqual([zero]);
  expect(selectSeries('ALERTS', [zero])).toEqual([]);
  expect(selectSeries('kube_pod_status_phase', [zero, one({ pod: 'b' }, 0, 1)])).toEqual([
    one({ pod: 'b' }, 0, 1),
  ]);
  const used = [one({ route: '/a', le: '0.1' }, 0, 0), one({ route: '/a', le: '+Inf' }, 0, 5)];
  const idle = [one({ route: '/b', le: '0.1' }, 3, 3), one({ route: '/b', le: '+Inf' }, 4, 4)];
  expect(selectSeries('x_bucket', [...used, ...idle])).toEqual(used);
});
