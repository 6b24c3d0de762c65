import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { formatDiagnostic } from '../../src/base/diagnostics.ts';
import { embeddedProvider } from '../../src/cluster/embedded/embedded-provider.ts';
import { dependencies } from '../../src/fault/call-graph.ts';
import type { ClusterView } from '../../src/fault/fault.ts';
import { allowsConnection, dnsEnd, endOf, policiesOf } from '../../src/fault/network-policies.ts';
import { quotaUse } from '../../src/fault/quota-use.ts';
import { viewFromManifests } from '../../src/fault/view.ts';
import { parseQuantity } from '../../src/kube/quantity.ts';
import type { Application } from '../../src/spec/application.ts';
import { requireValid } from '../../src/spec/diagnostics-error.ts';
import type { KubeObject } from '../../src/spec/kube-types.ts';
import { loadApplication } from '../../src/spec/load-application.ts';
import { loadProfile } from '../../src/spec/load-profile.ts';
import { loadScenario } from '../../src/spec/load-scenario.ts';
import { loadSuite } from '../../src/spec/load-suite.ts';

const clusters = join(import.meta.dirname, '..', '..', 'clusters');
const folder = join(clusters, 'apps', 'hotel');
const minute = 60_000;
let application: Application;
let shop: Application;
let view: ClusterView;

beforeAll(async () => {
  const loaded = await loadApplication(folder);
  expect(loaded.diagnostics.map(formatDiagnostic)).toEqual([]);
  application = requireValid(loaded);
  shop = requireValid(await loadApplication(join(clusters, 'apps', 'shop')));
  view = viewFromManifests(application);
});

function ofKind({ manifests }: Application, ...kinds: string[]): KubeObject[] {
  return manifests.filter((object) => kinds.includes(object.kind));
}

/** The longest chain of declared calls from a workload on. */
function depth(workload: KubeObject): number {
  const next = dependencies(view).filter(({ caller }) => caller === workload);
  return Math.max(0, ...next.flatMap(({ callees }) => callees.map((callee) => 1 + depth(callee))));
}

describe('the hotel', () => {
  it('is small, deep and synchronous, with a search index', () => {
    const workloads = ofKind(application, 'Deployment', 'StatefulSet');
    const own = workloads.filter(({ metadata }) => metadata.namespace !== 'visitors');
    expect(own).toHaveLength(12);
    expect(new Set(own.map(({ metadata }) => metadata.namespace)).size).toBe(4);
    expect(own.map(({ metadata }) => metadata.name)).toContain('search-index');
    const kinds = new Set([...application.programs.values()].map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['load-generator', 'postgres', 'redis', 'service']);
    const users = workloads.find(({ metadata }) => metadata.name === 'walk-ins');
    expect(users && depth(users)).toBe(8);
  });

  it('lets every declared call and name look-up through, and nobody else in', () => {
    const policies = policiesOf(view);
    const calls = dependencies(view);
    const passes = (from: KubeObject, to: KubeObject, port: number) =>
      allowsConnection(view, policies, endOf(from), endOf(to), port);
    const pairs = calls.flatMap(({ caller, callees, podPort }) =>
      callees.map((callee) => ({ caller, callee, podPort })),
    );
    expect(pairs.filter(({ caller, callee, podPort }) => !passes(caller, callee, podPort))).toEqual([]);
    const workloads = ofKind(application, 'Deployment', 'StatefulSet');
    for (const workload of workloads)
      expect(allowsConnection(view, policies, endOf(workload), dnsEnd, 53, 'UDP')).toBe(true);
    const open = workloads.flatMap((from) =>
      workloads.filter((to) => to !== from && [9000, 5432, 6379].some((port) => passes(from, to, port))),
    );
    expect(open).toHaveLength(
      new Set(pairs.map(({ caller, callee }) => `${caller.metadata.name} ${callee.metadata.name}`)).size,
    );
  });

  it('uses between a third and nine tenths of its quotas', () => {
    for (const quota of ofKind(application, 'ResourceQuota')) {
      if (quota.metadata.namespace === 'visitors') continue;
      const { hard } = quota.spec as { hard: Record<string, string> };
      for (const [resource, text] of Object.entries(hard)) {
        const ratio = quotaUse(view, quota, resource) / (parseQuantity(text) ?? 0);
        expect(ratio, `${quota.metadata.namespace} ${resource}`).toBeGreaterThan(1 / 3);
        expect(ratio, `${quota.metadata.namespace} ${resource}`).toBeLessThan(0.85);
      }
    }
  });

  it('shares no name with the shop, so that nothing learnt there by heart helps here', () => {
    const names = (app: Application) =>
      new Set(
        ofKind(app, 'Namespace', 'Deployment', 'StatefulSet', 'ConfigMap', 'Secret', 'Service').map(
          ({ metadata }) => metadata.name,
        ),
      );
    expect([...names(application)].filter((name) => names(shop).has(name))).toEqual(['observability']);
    const labels = (app: Application) =>
      new Set(ofKind(app, 'Deployment').flatMap(({ metadata }) => Object.keys(metadata.labels ?? {})));
    expect([...labels(application)].filter((label) => labels(shop).has(label))).toEqual([]);
    const alerts = ({ rules }: Application) =>
      (parse(rules) as { groups: { rules: { alert?: string }[] }[] }).groups
        .flatMap((group) => group.rules.flatMap(({ alert }) => alert ?? []))
        // of the cluster, not of the application: everybody takes them from kubernetes-mixin
        .filter((name) => !name.startsWith('Kube'));
    expect(alerts(application).filter((name) => alerts(shop).includes(name))).toEqual([]);
  });

  it('has releases with defects for the faults to choose, and good ones around them', () => {
    const defects = [...application.programs.values()].flatMap(({ releases }) =>
      releases.flatMap(({ defect }) => defect ?? []),
    );
    expect(defects.sort()).toEqual([
      'cache-bypass',
      'leaks-connections',
      'leaks-connections',
      'many-small-requests',
      'memory-leak',
    ]);
    for (const { name, releases } of application.programs.values())
      expect(releases.filter(({ defect }) => defect === undefined).length, name).toBeGreaterThan(2);
  });

  it('has a suite of many mechanisms, two at once, loud neighbours, and one task without any', async () => {
    const path = join(clusters, '..', 'scenarios', 'hotel', 'suite.yaml');
    const { scenarioPaths } = requireValid(await loadSuite(path));
    const scenarios = await Promise.all(
      scenarioPaths.map(async (scenario) => requireValid(await loadScenario(scenario)).value),
    );
    expect(new Set(scenarios.flatMap(({ faults }) => faults.map(({ fault }) => fault))).size).toBe(6);
    expect(scenarios.filter(({ faults }) => faults.length === 0)).toHaveLength(1);
    expect(scenarios.filter(({ faults }) => faults.length === 2)).toHaveLength(1);
    expect(scenarios.every(({ distractors = [] }) => distractors.length > 1)).toBe(true);
    expect(new Set(scenarios.map(({ seed }) => seed)).size).toBe(scenarios.length);
  });

  it('keeps to itself what it is for', async () => {
    const files = await readdir(folder, { recursive: true });
    for (const file of files.filter((name) => name.endsWith('.yaml'))) {
      const text = (await readFile(join(folder, file), 'utf8')).replaceAll('culprit.dev/v1', '');
      expect(text, file).not.toMatch(/culprit|inject|chaos|benchmark|\bfaults?\b|root cause/i);
    }
  });

  it('runs for an hour without a restart, an error or an alert but the one that is always on', async () => {
    const profile = requireValid(await loadProfile(join(clusters, 'embedded.yaml'))).value;
    await using cluster = await embeddedProvider.provision(profile, {
      seed: 20,
      startMs: Date.UTC(2026, 4, 6, 7),
    });
    await cluster.deploy(application, { requestsPerSecond: 5, traceSampling: 0.02 });
    await cluster.clock.advance(5 * minute);
    const startMs = cluster.clock.nowMs();
    await cluster.clock.advance(60 * minute);
    const endMs = cluster.clock.nowMs();

    const on = await cluster.prometheus.queryRange('ALERTS', startMs, endMs, 15_000);
    expect([...new Set(on.map(({ metric }) => metric['alertname']))]).toEqual(
      application.file.standingAlerts,
    );
    const value = async (expression: string): Promise<number> =>
      (await cluster.prometheus.query(expression, endMs))[0]?.values[0]?.[1] ?? Number.NaN;
    expect(await value('sum(kube_pod_container_status_restarts_total)')).toBe(0);
    expect(
      await value(
        'sum(increase(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[1h])) or vector(0)',
      ),
    ).toBe(0);
    const edge = 'http_server_request_duration_seconds_bucket{service="reception"}';
    expect(await value(`histogram_quantile(0.9, sum by (le) (rate(${edge}[1h])))`)).toBeLessThan(0.4);

    // how deep the deepest trace goes
    const parents = new Map<string, { readonly parent: string | undefined; readonly calls: number }>();
    for await (const span of cluster.telemetry.spans(startMs, endMs))
      parents.set(span.spanId, { parent: span.parentSpanId, calls: span.kind === 'CLIENT' ? 1 : 0 });
    const calls = (id: string | undefined): number => {
      const span = id === undefined ? undefined : parents.get(id);
      return span === undefined ? 0 : span.calls + calls(span.parent);
    };
    expect(Math.max(...[...parents.keys()].map(calls))).toBe(8);
  });
});
