import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { kindProvider } from '../../src/cluster/kind/kind-provider.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import type { Application } from '../../src/spec/application.ts';
import { applyTiming } from '../../src/spec/apply-timing.ts';
import { loadApplication } from '../../src/spec/load-application.ts';
import { loadProfile } from '../../src/spec/load-profile.ts';
import type { ClusterProfile } from '../../src/spec/profile.ts';
import { clusterConformance } from '../conformance/cluster.ts';
import { lastLook } from '../conformance/last-look.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const timeoutMs = 600_000;
const userKubeconfig = `${process.env['HOME']}/.kube/config`;
const contextsBefore = existsSync(userKubeconfig) ? readFileSync(userKubeconfig, 'utf8') : undefined;

async function start(): Promise<{ cluster: Cluster; application: Application; profile: ClusterProfile }> {
  const path = process.env['CULPRIT_TEST_PROFILE'];
  if (path === undefined) throw new Error('run this with: npm run test:kind');
  const profile = await loadProfile(path);
  const application = await loadApplication(`${root}clusters/apps/shop`);
  if (!profile.ok || !application.ok) throw new Error('the profile or the shop does not load');
  const timed = applyTiming(application.value, profile.value.value);
  return {
    profile: profile.value.value,
    application: kindProvider.prepare?.(timed, profile.value.value) ?? timed,
    cluster: await kindProvider.provision(profile.value.value, { seed: 1, startMs: Date.now() }),
  };
}

clusterConformance(
  'kind',
  async () => {
    const { cluster, application, profile } = await start();
    return {
      cluster,
      application,
      image: 'registry.shop.internal/platform/nats:2.10.22',
      spareNode: `${profile.kindCluster?.clusterName}-worker2`,
    };
  },
  timeoutMs,
);

describe('a kind cluster between two scenarios', { timeout: timeoutMs }, () => {
  let cluster: Cluster;
  let application: Application;
  beforeAll(async () => {
    ({ cluster, application } = await start());
  }, timeoutMs);
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  test('has the application as its manifests say, with nothing left of what happened', async () => {
    const { kube } = cluster;
    const at = { namespace: 'storefront' } as const;
    await kube.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'deny-all-to-search', ...at },
      spec: {
        podSelector: { matchLabels: { 'app.kubernetes.io/name': 'search' } },
        policyTypes: ['Ingress'],
      },
    });
    await kube.patch({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'ads', ...at }, 'strategic', {
      spec: {
        template: {
          spec: { containers: [{ name: 'ads', image: 'registry.shop.internal/storefront/ads:9.9.9' }] },
        },
      },
    });
    const isPullFailing = async () =>
      (await kube.list({ apiVersion: 'v1', kind: 'Event' }, at)).items.some(
        ({ reason, involvedObject }) =>
          reason === 'Failed' && JSON.stringify(involvedObject).includes('"ads-'),
      );
    expect(await cluster.clock.until(isPullFailing, 60_000)).toBe(true);

    await cluster.deploy(application, { requestsPerSecond: 5, traceSampling: 1 });

    const list = async (apiVersion: string, kind: string) =>
      (await kube.list({ apiVersion, kind }, at)).items as readonly KubeObject[];
    const wanted = application.manifests.filter(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.namespace === 'storefront',
    );
    expect(
      (await list('networking.k8s.io/v1', 'NetworkPolicy')).map(({ metadata }) => metadata.name),
    ).toEqual(wanted.map(({ metadata }) => metadata.name).sort());
    expect(JSON.stringify(await list('v1', 'Pod'))).not.toContain('9.9.9');
    const deployments = application.manifests.filter(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.namespace === 'storefront',
    );
    expect(await list('apps/v1', 'ReplicaSet')).toHaveLength(deployments.length);
    expect(JSON.stringify(await list('v1', 'Event'))).not.toContain('9.9.9');
    // tests that run beside this one break things in namespaces of their own
    const isOurs = ({ namespace = '' }: Readonly<Record<string, string>>) =>
      !/^(till|capture|client)-\d+$/.test(namespace);
    const firing = async () =>
      (await cluster.prometheus.query('ALERTS{alertstate="firing"}', cluster.clock.nowMs()))
        .filter(({ metric }) => isOurs(metric))
        .map(({ metric }) => metric['alertname']);
    // Prometheus begins with an empty store: what always fires takes its time to do so again. What else fires, because a
    // busy machine answered late, ends again; what is left of something does not
    const standing = application.file.standingAlerts ?? [];
    expect(standing).not.toEqual([]);
    const isAsAlways = (now: readonly (string | undefined)[]) => now.join() === standing.join();
    expect(await lastLook(cluster.clock, firing, isAsAlways, 60_000)).toEqual(standing);
  });

  test('loses the pods that are deleted within seconds of their end', async () => {
    const at = { apiVersion: 'v1', kind: 'Pod', namespace: 'storefront' } as const;
    const of = { ...at, labelSelector: 'app.kubernetes.io/name=recommendations' };
    const pods = (await cluster.kube.list(at, of)).items;
    expect(pods.length).toBeGreaterThanOrEqual(2);
    for (const { metadata } of pods) await cluster.kube.delete({ ...at, name: metadata.name });
    const areGone = async () => {
      const now = new Set((await cluster.kube.list(at, of)).items.map(({ metadata }) => metadata.uid));
      return pods.every(({ metadata }) => !now.has(metadata.uid));
    };
    expect(await cluster.clock.until(areGone, 25_000)).toBe(true);
  });

  test("runs nothing of the observer's on a node that may be lost", async () => {
    const pods = (await cluster.kube.list({ apiVersion: 'v1', kind: 'Pod' })).items;
    const watching = pods.filter(({ metadata }) =>
      ['observability', 'synthetics'].includes(metadata.namespace ?? ''),
    );
    expect(watching.length).toBeGreaterThanOrEqual(5);
    for (const { spec } of watching)
      expect((spec as { nodeName: string }).nodeName).toMatch(/-control-plane$/);
  });

  test('is nowhere in the kubeconfig of the user', () => {
    const now = existsSync(userKubeconfig) ? readFileSync(userKubeconfig, 'utf8') : undefined;
    expect(now).toBe(contextsBefore);
    expect(execFileSync('docker', ['ps', '--format', '{{.Names}}'], { encoding: 'utf8' })).toContain(
      '-control-plane',
    );
  });
});
