import { expect, test } from 'vitest';
import type { Labels, ScrapeTarget } from '../../../../src/cluster/embedded/contracts.ts';
import { Prometheus } from '../../../../src/cluster/embedded/prometheus/prometheus.ts';
import { Simulation } from '../../../../src/cluster/embedded/simulation.ts';

const startMs = Date.UTC(2026, 2, 4, 5, 6, 7, 89);
const minute = 60_000;

const rules = `
groups:
  - name: shop
    rules:
      - record: service:errors:ratio_rate1m
        expr: sum by (service) (rate(requests_total{code="500"}[1m])) / sum by (service) (rate(requests_total[1m]))
      - alert: HighErrors
        expr: service:errors:ratio_rate1m > 0.2
        for: 1m
        labels: { severity: critical, where: "{{ $labels.service }}" }
        annotations:
          summary: '{{ $labels.service }} fails {{ $value | humanizePercentage }} ({{ printf "%.2f" $value }})'
      - alert: Watchdog
        expr: vector(1)
`;

class FakeTarget implements ScrapeTarget {
  readonly labels: Labels;
  ok = 0;
  failed = 0;
  isUp = true;
  showsFailures = true;
  readonly #ok: Labels = { service: 'cart', code: '200' };
  readonly #failed: Labels = { service: 'cart', code: '500' };
  constructor(instance: string) {
    this.labels = { job: 'shop', instance };
  }
  scrape(emit: (name: string, labels: Labels, value: number) => void): boolean {
    emit('requests_total', this.#ok, this.ok);
    if (this.showsFailures) emit('requests_total', this.#failed, this.failed);
    return this.isUp;
  }
}

function world() {
  const simulation = new Simulation(startMs);
  const prometheus = new Prometheus({
    simulation,
    seed: 7,
    scrapeIntervalMs: 15_000,
    evaluationIntervalMs: 15_000,
    rules,
  });
  const target = new FakeTarget('10.0.0.1:8080');
  const registration = prometheus.targets.add(target);
  simulation.every(1000, 500, () => {
    target.ok += 10;
  });
  prometheus.start();
  return { simulation, prometheus, target, registration };
}

test('an alert goes from pending to firing and is resolved, with its annotations', async () => {
  const { simulation, prometheus, target } = world();
  const alerts = async () =>
    (
      (await prometheus.client.alerts()) as {
        alerts: { labels: Labels; annotations: Labels; state: string }[];
      }
    ).alerts;
  simulation.runUntil(startMs + 3 * minute);
  expect((await alerts()).map((alert) => alert.labels.alertname)).toEqual(['Watchdog']);
  simulation.every(1000, 0, () => {
    target.failed += 10;
  });
  simulation.runUntil(simulation.nowMs + minute);
  expect((await alerts()).find((alert) => alert.labels.alertname === 'HighErrors')?.state).toBe('pending');
  simulation.runUntil(simulation.nowMs + 2 * minute);
  const alert = (await alerts()).find((item) => item.labels.alertname === 'HighErrors');
  expect(alert).toMatchObject({
    state: 'firing',
    labels: { alertname: 'HighErrors', service: 'cart', severity: 'critical', where: 'cart' },
    annotations: { summary: 'cart fails 50% (0.50)' },
  });
  const states = await prometheus.client.queryRange(
    'ALERTS{alertname="HighErrors"}',
    startMs,
    simulation.nowMs,
    15_000,
  );
  expect(states.map((series) => series.metric.alertstate).sort()).toEqual(['firing', 'pending']);
  target.failed = Number.NaN;
  simulation.runUntil(simulation.nowMs + 2 * minute);
  expect((await alerts()).map((item) => item.labels.alertname)).toEqual(['Watchdog']);
  expect(await prometheus.client.query('ALERTS{alertname="HighErrors"}', simulation.nowMs)).toEqual([]);
});

test('series of a failed scrape and a vanished series are absent at once', async () => {
  const { simulation, prometheus, target } = world();
  simulation.runUntil(startMs + minute);
  const count = async (expression: string) =>
    (await prometheus.client.query(expression, simulation.nowMs)).length;
  expect(await count('requests_total')).toBe(2);
  target.showsFailures = false;
  simulation.runUntil(simulation.nowMs + 15_000);
  expect(await count('requests_total')).toBe(1);
  target.isUp = false;
  simulation.runUntil(simulation.nowMs + 15_000);
  expect(await count('requests_total')).toBe(0);
  expect((await prometheus.client.query('up', simulation.nowMs))[0]?.values[0]?.[1]).toBe(0);
  target.isUp = true;
  simulation.runUntil(simulation.nowMs + 15_000);
  expect(await count('requests_total')).toBe(1);
});

test('a removed target is scraped in vain until the next discovery, and counts for two turns more', async () => {
  const { simulation, prometheus, target, registration } = world();
  simulation.runUntil(startMs + minute);
  const lastMs =
    1000 * Number((await prometheus.client.query('timestamp(up)', simulation.nowMs))[0]?.values[0]?.[1]);
  const nextMs = lastMs + 15_000;
  // just before the turn that comes before the discovery hears of it
  simulation.runUntil(Math.max(nextMs - 1, Math.ceil(nextMs / 5000) * 5000 - 4999));
  registration.remove();
  target.isUp = false;
  const up = async (afterMs: number) => {
    simulation.runUntil(nextMs + afterMs);
    return (await prometheus.client.query('up', simulation.nowMs)).map(({ values }) => values[0]?.[1]);
  };
  expect(await up(1)).toEqual([0]);
  expect(await up(31_400)).toEqual([0]);
  expect(await up(31_600)).toEqual([]);
  expect(await prometheus.client.query('{job="shop"}', simulation.nowMs)).toEqual([]);
});

test('scrapes come at a fixed offset in the interval that depends on seed and instance', async () => {
  const { simulation, prometheus } = world();
  prometheus.targets.add(new FakeTarget('10.0.0.2:8080'));
  simulation.runUntil(startMs + 5 * minute);
  const series = await prometheus.client.query('up[4m]', simulation.nowMs);
  expect(series).toHaveLength(2);
  const offsets = series.map(
    ({ values }) => new Set(values.map(([time]) => Math.round(time * 1000) % 15_000)),
  );
  expect(offsets.map((set) => set.size)).toEqual([1, 1]);
  expect([...offsets[0]!][0]).not.toBe([...offsets[1]!][0]);
});

test('the API answers like Prometheus, errors too', () => {
  const { simulation, prometheus } = world();
  simulation.runUntil(startMs + 2 * minute);
  const get = (path: string, params: Record<string, string | string[]> = {}) =>
    prometheus.handle({ path: `/api/v1/${path}`, params });
  expect(get('query', { query: 'count(requests_total)' })).toMatchObject({
    status: 200,
    json: {
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [expect.any(Number), '2'] }] },
    },
  });
  expect(get('query', { query: 'rate(up)' })).toEqual({
    status: 400,
    json: {
      status: 'error',
      errorType: 'bad_data',
      error:
        'invalid parameter "query": 1:6: parse error: expected type range vector in call to function "rate", got instant vector',
    },
  });
  expect(get('query', { query: 'requests_total * on (job) requests_total' })).toMatchObject({
    status: 422,
    json: { errorType: 'execution' },
  });
  expect(get('query_range', { query: 'up', start: '0', end: '100000', step: '1' }).status).toBe(400);
  expect(get('label/job/values')).toMatchObject({ json: { data: ['shop'] } });
  expect(get('labels')).toMatchObject({
    json: { data: expect.arrayContaining(['__name__', 'code', 'instance', 'job']) },
  });
  expect(get('series', { 'match[]': ['up', 'requests_total{code="500"}'] })).toMatchObject({
    json: { data: [{ code: '500' }, { __name__: 'up' }] },
  });
  expect(get('targets')).toMatchObject({
    json: { data: { activeTargets: [{ health: 'up', scrapePool: 'shop' }] } },
  });
  expect(get('rules', { type: 'alert' })).toMatchObject({
    json: {
      data: {
        groups: [
          {
            name: 'shop',
            rules: [
              { name: 'HighErrors', duration: 60, health: 'ok', state: 'inactive' },
              { state: 'firing' },
            ],
          },
        ],
      },
    },
  });
  expect(get('nothing').status).toBe(404);
});
