import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { key, mix } from '../../src/base/random.ts';
import { Logger } from '../../src/workload/logger.ts';
import { exposition, Histogram, Metrics } from '../../src/workload/metrics.ts';
import { spread } from '../../src/workload/spread.ts';
import { parseTraceparent, spanId, Trace, traceId, traceparent } from '../../src/workload/tracing.ts';

describe('trace context', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (source, ordinal) => {
        const trace = new Trace(traceId(source, ordinal), false);
        expect(parseTraceparent(traceparent(trace, ordinal))).toEqual({
          traceId: trace.id,
          spanId: spanId(ordinal),
        });
      }),
    );
    expect(parseTraceparent(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`)).toBeUndefined();
    expect(parseTraceparent('nonsense')).toBeUndefined();
  });

  it('has ids of its own for every request', () => {
    const source = key(1, 'users');
    const ids = new Set(Array.from({ length: 50_000 }, (_, i) => traceId(source, mix(source, i))));
    expect(ids.size).toBe(50_000);
  });
});

describe('log lines', () => {
  const lines: string[] = [];
  let now = Date.UTC(2026, 2, 4, 5, 6, 7, 89);
  const target = { nowMs: () => now, write: (line: string) => void lines.push(line) };
  const trace = new Trace(traceId(1, 2), false);

  it.each([
    [
      'go',
      /^\{"time":"2026-03-04T05:06:07\.089Z","level":"ERROR","msg":"request failed","service":"pay","route":"POST \/x","error":"boom","trace_id":"[0-9a-f]{32}"/,
    ],
    [
      'node',
      /^\{"level":50,"time":1772600767089,"pid":1,"hostname":"pay-1","name":"pay","route":"POST \/x".*"msg":"request failed"\}$/,
    ],
    [
      'java',
      /^2026-03-04T05:06:07\.089Z ERROR 1 --- \[http-nio-8080-exec-\d+\] c\.s\.pay\.RequestHandler : request failed route=POST \/x: boom \[trace_id=/,
    ],
    [
      'python',
      /^2026-03-04 05:06:07,089 ERROR \[pay\] \[trace_id=[0-9a-f]{32} span_id=[0-9a-f]{16}\] - request failed route=POST \/x: boom$/,
    ],
  ] as const)('look as those of %s', (runtime, pattern) => {
    lines.length = 0;
    new Logger(target, runtime, 'pay', 'pay-1').log(
      'error',
      'request failed',
      { route: 'POST /x', error: 'boom' },
      trace,
      3,
    );
    expect(lines[0]).toMatch(pattern);
  });

  it('are sampled per kind and second, and filtered by level', () => {
    const logger = new Logger(target, 'go', 'pay', 'pay-1', 'warn');
    const admitted = Array.from({ length: 200 }, () => logger.admits('refused')).filter(Boolean).length;
    expect(admitted).toBe(5);
    expect(logger.admits('timeout')).toBe(true);
    now += 1000;
    expect(logger.admits('refused')).toBe(true);
    lines.length = 0;
    logger.log('info', 'request completed');
    expect(lines).toEqual([]);
  });
});

it('histograms are cumulative, and exposed as Prometheus reads them', () => {
  const metrics = new Metrics();
  const histogram = metrics.add(new Histogram('d_seconds', { route: '/"a"' }, [0.1, 1]));
  for (const seconds of [0.05, 0.1, 0.5, 3]) histogram.observe(seconds);
  expect(exposition(metrics)).toBe(
    [
      'd_seconds_bucket{route="/\\"a\\"",le="0.1"} 2',
      'd_seconds_bucket{route="/\\"a\\"",le="1"} 3',
      'd_seconds_bucket{route="/\\"a\\"",le="+Inf"} 4',
      'd_seconds_sum{route="/\\"a\\""} 3.65',
      'd_seconds_count{route="/\\"a\\""} 4',
      '',
    ].join('\n'),
  );
});

it('spreads around its mean', () => {
  let sum = 0;
  let most = 0;
  for (let i = 0; i < 20_000; i++) {
    const value = spread(10, key(1, i));
    sum += value;
    most = Math.max(most, value);
  }
  expect(sum / 20_000).toBeCloseTo(10, 0);
  expect(most).toBeLessThan(28.6);
});
