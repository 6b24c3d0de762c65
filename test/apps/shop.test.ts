import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ApplicationCache, checkScenario } from '../../src/author/check-scenario.ts';
import { formatDiagnostic } from '../../src/base/diagnostics.ts';
import { parseDuration } from '../../src/base/duration.ts';
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
import { loadSuite } from '../../src/spec/load-suite.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'clusters', 'apps', 'shop');
let application: Application;
let view: ClusterView;

beforeAll(async () => {
  const loaded = await loadApplication(folder);
  expect(loaded.diagnostics.map(formatDiagnostic)).toEqual([]);
  if (!loaded.ok) throw new Error('not loaded');
  application = loaded.value;
  view = viewFromManifests(application);
});

function ofKind(...kinds: string[]): KubeObject[] {
  return application.manifests.filter((object) => kinds.includes(object.kind));
}

describe('the shop', () => {
  it('has at least 15 services of its own in at least two namespaces', () => {
    const services = ofKind('Deployment').filter((object) => object.metadata.namespace !== 'synthetics');
    expect(services.length).toBeGreaterThanOrEqual(15);
    expect(new Set(services.map((object) => object.metadata.namespace)).size).toBeGreaterThanOrEqual(2);
    const kinds = new Set([...application.programs.values()].map((program) => program.kind));
    expect([...kinds].sort()).toEqual(['load-generator', 'nats', 'postgres', 'redis', 'service']);
  });

  it('lets every declared call and name look-up through its network policies, and nothing by default', () => {
    const policies = policiesOf(view);
    const blocked = dependencies(view).flatMap((call) =>
      call.callees
        .filter(
          (callee) => !allowsConnection(view, policies, endOf(call.caller), endOf(callee), call.podPort),
        )
        .map((callee) => `${call.caller.metadata.name} > ${callee.metadata.name}`),
    );
    expect(blocked).toEqual([]);
    expect(dependencies(view).length).toBeGreaterThan(30);
    for (const workload of ofKind('Deployment', 'StatefulSet'))
      expect(
        allowsConnection(view, policies, endOf(workload), dnsEnd, 53, 'UDP'),
        workload.metadata.name,
      ).toBe(true);
    const find = (name: string): KubeObject => {
      const object = ofKind('Deployment').find((candidate) => candidate.metadata.name === name);
      if (object === undefined) throw new Error(name);
      return object;
    };
    expect(allowsConnection(view, policies, endOf(find('ads')), endOf(find('payment')), 8080)).toBe(false);
  });

  it('uses between a third and nine tenths of its quotas, so that a rollout fits and no alert fires', () => {
    for (const quota of ofKind('ResourceQuota')) {
      if (quota.metadata.namespace === 'synthetics') continue;
      const { hard } = quota.spec as { hard: Record<string, string> };
      for (const [resource, text] of Object.entries(hard)) {
        const ratio = quotaUse(view, quota, resource) / (parseQuantity(text) ?? 0);
        expect(ratio, `${quota.metadata.namespace} ${resource}`).toBeGreaterThan(1 / 3);
        expect(ratio, `${quota.metadata.namespace} ${resource}`).toBeLessThan(0.85);
      }
    }
  });

  it('fits on three workers of 4 cores and 16 GiB, should a fourth be lost', () => {
    let cpu = 0;
    let memory = 0;
    for (const object of ofKind('Deployment', 'StatefulSet')) {
      const spec = object.spec as {
        replicas: number;
        template: { spec: { containers: { resources: { requests: Record<string, string> } }[] } };
      };
      for (const { resources } of spec.template.spec.containers) {
        cpu += spec.replicas * (parseQuantity(resources.requests.cpu) ?? 0);
        memory += spec.replicas * (parseQuantity(resources.requests.memory) ?? 0);
      }
    }
    expect(cpu).toBeLessThan(3 * 4 * 0.75);
    expect(memory).toBeLessThan(3 * 16 * 2 ** 30 * 0.75);
  });

  it('has alert rules in PromQL that fire within two minutes', () => {
    const { groups } = parse(application.rules) as {
      groups: {
        rules: { alert: string; expr: string; for?: string; annotations?: { summary?: string } }[];
      }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(25);
    expect(new Set(rules.map((rule) => rule.alert)).size).toBe(rules.length);
    for (const rule of rules) {
      expect(parseDuration(rule.for ?? '0s'), rule.alert).toBeLessThanOrEqual(120_000);
      expect(rule.annotations?.summary, rule.alert).toBeTruthy();
      parser
        .parse(rule.expr)
        .iterate({ enter: (node) => expect(node.type.isError, `${rule.alert}: ${rule.expr}`).toBe(false) });
    }
    for (const standing of application.file.standingAlerts ?? [])
      expect(rules.map((rule) => rule.alert)).toContain(standing);
  });

  it('keeps to itself what it is for', async () => {
    const files = await readdir(folder, { recursive: true });
    for (const file of files.filter((name) => name.endsWith('.yaml'))) {
      const text = (await readFile(join(folder, file), 'utf8')).replaceAll('culprit.dev/v1', '');
      // programs and the application file stay on this side; what they name does not
      expect(text, file).not.toMatch(/culprit|inject|chaos|benchmark|\bfaults?\b|root cause/i);
    }
  });

  it('has a suite that uses every mechanism, two at once, distractors, and one task without any', async () => {
    const { scenarioPaths } = requireValid(await loadSuite(join(root, 'scenarios', 'shop', 'suite.yaml')));
    const cache: ApplicationCache = new Map();
    const scenarios = [];
    for (const path of scenarioPaths) {
      const checked = await checkScenario(path, cache);
      expect(checked.diagnostics.map(formatDiagnostic), path).toEqual([]);
      if (checked.ok) scenarios.push(checked.value.scenario);
    }
    expect(scenarios).toHaveLength(37);
    expect(new Set(scenarios.flatMap(({ faults }) => faults.map(({ fault }) => fault))).size).toBe(8);
    expect(scenarios.filter(({ faults }) => faults.length === 0)).toHaveLength(3);
    expect(scenarios.filter(({ faults }) => faults.length === 2)).toHaveLength(4);
    expect(
      scenarios.some(({ faults, distractors, cover }) => faults.length > 0 && distractors && cover),
    ).toBe(true);
    expect(new Set(scenarios.map(({ seed }) => seed)).size).toBe(37);
  });
});
