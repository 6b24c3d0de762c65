import { expect, test } from 'vitest';
import { serve } from '../../src/cluster/embedded/prometheus/http.ts';
import { Prometheus } from '../../src/cluster/embedded/prometheus/prometheus.ts';
import { Simulation } from '../../src/cluster/embedded/simulation.ts';
import { PrometheusHttpClient } from '../../src/cluster/prometheus-http-client.ts';

const startMs = Date.UTC(2026, 2, 4);

function prometheus(): { store: Prometheus; endMs: number } {
  const simulation = new Simulation(startMs);
  const store = new Prometheus({
    simulation,
    seed: 1,
    scrapeIntervalMs: 15_000,
    evaluationIntervalMs: 15_000,
    rules: '',
  });
  const labels = { path: 'a "b" ü' };
  store.targets.add({
    labels: { job: 'a', instance: 'b' },
    scrape(emit) {
      emit('ticks_total', labels, (simulation.nowMs - startMs) / 1000);
      emit('broken', labels, Number.NEGATIVE_INFINITY);
      return true;
    },
  });
  store.start();
  simulation.runUntil(startMs + 6 * 3_600_000);
  return { store, endMs: simulation.nowMs };
}

test('over HTTP and in process the answers are the same', async () => {
  const { store, endMs } = prometheus();
  const server = await serve((request) => store.handle(request));
  try {
    const client = new PrometheusHttpClient({ url: server.url });
    for (const expression of [
      'ticks_total',
      'rate(ticks_total[1m])',
      'ticks_total[2m]',
      'scalar(broken)',
      'broken',
    ])
      expect(await client.query(expression, endMs)).toEqual(await store.client.query(expression, endMs));
    expect(await client.series(['{job="a"}'], startMs, endMs)).toEqual(
      await store.client.series(['{job="a"}'], startMs, endMs),
    );
    // 21 601 points: three pieces
    const whole = await client.queryRange('ticks_total', startMs, endMs, 1000);
    expect(whole).toEqual(await store.client.queryRange('ticks_total', startMs, endMs, 1000));
    expect(whole[0]?.values.length).toBeGreaterThan(20_000);
    expect(await client.rules()).toEqual({ groups: [] });
    expect(await client.version()).toMatch(/^3\./);
    await expect(client.query('rate(ticks_total)', endMs)).rejects.toThrow(/expected type range vector/);
  } finally {
    await server.close();
  }
});

test('a server that fails for a moment is asked again, a mistake of ours is not', async () => {
  let calls = 0;
  const server = await serve(() => {
    calls++;
    if (calls < 3)
      return { status: 503, json: { status: 'error', errorType: 'unavailable', error: 'starting' } };
    return { status: 200, json: { status: 'success', data: { resultType: 'vector', result: [] } } };
  });
  try {
    const client = new PrometheusHttpClient({ url: server.url, backoffMs: 1 });
    expect(await client.query('up', startMs)).toEqual([]);
    expect(calls).toBe(3);
  } finally {
    await server.close();
  }
  const gone = new PrometheusHttpClient({ url: server.url, tries: 2, backoffMs: 1 });
  await expect(gone.query('up', startMs)).rejects.toThrow(/does not answer/);
});
