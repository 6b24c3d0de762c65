import { join } from 'node:path';
import { expect, it } from 'vitest';
import { embeddedProvider } from '../../src/cluster/embedded/embedded-provider.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { requireValid } from '../../src/spec/diagnostics-error.ts';
import { loadApplication } from '../../src/spec/load-application.ts';
import { loadProfile } from '../../src/spec/load-profile.ts';

const clusters = join(import.meta.dirname, '..', '..', 'clusters');
const minute = 60_000;

it('runs for an hour without a restart, an error or an alert but the one that is always on', async () => {
  const application = requireValid(await loadApplication(join(clusters, 'apps', 'shop')));
  const profile = requireValid(await loadProfile(join(clusters, 'embedded.yaml'))).value;
  await using cluster = await embeddedProvider.provision(profile, {
    seed: 20,
    startMs: Date.UTC(2026, 4, 6, 7),
  });
  await cluster.deploy(application, { requestsPerSecond: 6, traceSampling: 0.02 });
  await cluster.clock.advance(5 * minute);
  const startMs = cluster.clock.nowMs();
  await cluster.clock.advance(60 * minute);
  const endMs = cluster.clock.nowMs();

  const on = await cluster.prometheus.queryRange('ALERTS{alertstate="firing"}', startMs, endMs, 15_000);
  expect([...new Set(on.map((series) => series.metric.alertname))]).toEqual(application.file.standingAlerts);
  expect(on[0]?.values.length, 'always on').toBe(241);

  const { items: pods } = await cluster.kube.list({ apiVersion: 'v1', kind: 'Pod' });
  const restarts = (pod: KubeObject): number =>
    (pod.status as { containerStatuses: { restartCount: number }[] }).containerStatuses[0]?.restartCount ?? 0;
  expect(pods.filter((pod) => restarts(pod) > 0).map((pod) => pod.metadata.name)).toEqual([]);

  const value = async (expression: string): Promise<number> =>
    (await cluster.prometheus.query(expression, endMs))[0]?.values[0]?.[1] ?? Number.NaN;
  const edge = 'service="edge-gateway"';
  expect(await value(`sum(rate(http_server_request_duration_seconds_count{${edge}}[1h]))`)).toBeCloseTo(
    6,
    -0.5,
  );
  expect(
    await value(
      'sum(increase(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[1h])) or vector(0)',
    ),
  ).toBe(0);
  expect(
    await value(
      `histogram_quantile(0.95, sum by (le) (rate(http_server_request_duration_seconds_bucket{${edge}}[1h])))`,
    ),
  ).toBeLessThan(0.4);

  // some nine spans a request
  let spans = 0;
  const traces = new Set<string>();
  for await (const span of cluster.telemetry.spans(startMs, endMs)) {
    spans++;
    if (span.resource['service.name'] === 'edge-gateway') traces.add(span.traceId);
  }
  expect(spans / traces.size).toBeGreaterThan(8);
  expect(spans / traces.size).toBeLessThan(11);
});
