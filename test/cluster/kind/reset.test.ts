import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EmbeddedCluster } from '../../../src/cluster/embedded/embedded-cluster.ts';
import { embeddedProvider } from '../../../src/cluster/embedded/embedded-provider.ts';
import { applyObjects } from '../../../src/cluster/kind/apply-objects.ts';
import { kindSettings } from '../../../src/cluster/kind/kind-settings.ts';
import { AppliedVersions, LiveObjects } from '../../../src/cluster/kind/live-objects.ts';
import { resetNodes } from '../../../src/cluster/kind/nodes.ts';
import { prepareApplication } from '../../../src/cluster/kind/prepare-application.ts';
import {
  deleteEvents,
  deleteForeignObjects,
  deleteOldReplicaSets,
} from '../../../src/cluster/kind/reset-application.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import type { Application } from '../../../src/spec/application.ts';
import { loadApplication } from '../../../src/spec/load-application.ts';
import { loadProfile } from '../../../src/spec/load-profile.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const applied = new AppliedVersions();
let application: Application;
let cluster: EmbeddedCluster;

beforeAll(async () => {
  const loaded = await loadApplication(`${root}clusters/apps/shop`);
  const profile = await loadProfile(`${root}clusters/embedded.yaml`);
  if (!loaded.ok || !profile.ok) throw new Error('the shop does not load');
  application = loaded.value;
  cluster = (await embeddedProvider.provision(profile.value.value, {
    seed: 7,
    startMs: Date.UTC(2026, 0, 1),
  })) as EmbeddedCluster;
  await cluster.deploy(application, { requestsPerSecond: 2, traceSampling: 0 });
}, 120_000);

const namespaces = ['storefront', 'fulfilment', 'synthetics'];
const at = (kind: string, name: string, namespace = 'storefront') => ({
  apiVersion: kind === 'Deployment' ? 'apps/v1' : kind === 'NetworkPolicy' ? 'networking.k8s.io/v1' : 'v1',
  kind,
  name,
  namespace,
});

/** What people wrote of every object of the application's namespaces, without what the server keeps for itself. */
async function desired(): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const { apiVersion, kind, namespaced, verbs } of await cluster.kube.resources()) {
    if (!namespaced || !verbs.includes('list') || !verbs.includes('delete')) continue;
    if (
      ['Pod', 'ReplicaSet', 'Event', 'Endpoints', 'EndpointSlice', 'ControllerRevision', 'Lease'].includes(
        kind,
      )
    )
      continue;
    for (const namespace of namespaces)
      for (const object of (await cluster.kube.list({ apiVersion, kind }, { namespace })).items)
        found.set(`${apiVersion} ${kind} ${namespace}/${object.metadata.name}`, written(object));
  }
  return found;
}

function written({ status: _, ...object }: KubeObject): unknown {
  const { labels, annotations } = object.metadata;
  const own = Object.entries(annotations ?? {}).filter(
    ([name]) => !name.startsWith('deployment.kubernetes.io/'),
  );
  return { ...object, metadata: { labels, annotations: Object.fromEntries(own) } };
}

async function putBack(): Promise<void> {
  await resetNodes(cluster.kube);
  const live = await LiveObjects.list(cluster.kube);
  await applyObjects(cluster.kube, application.manifests, { live, applied });
  await deleteForeignObjects(cluster.kube, live, application.manifests, namespaces);
}

describe('an application that was tampered with', { timeout: 120_000 }, () => {
  test('is put back to what its manifests say, whatever was changed, added or taken away', async () => {
    const before = await desired();
    const { kube } = cluster;
    await kube.patch(at('Deployment', 'search'), 'strategic', {
      metadata: { annotations: { mark: 'x' } },
      spec: {
        replicas: 5,
        template: {
          spec: {
            nodeSelector: { disk: 'none' },
            containers: [{ name: 'search', image: 'nowhere/search:0', env: [{ name: 'MORE', value: '1' }] }],
          },
        },
      },
    });
    await kube.patch(at('ConfigMap', 'catalogue-config'), 'merge', { data: { DB_ADDRESS: 'x:1', NEW: 'y' } });
    await kube.patch(at('Service', 'cart'), 'merge', { spec: { selector: { app: 'none' } } });
    await kube.delete(at('Secret', 'cart-credentials'));
    await kube.delete(at('NetworkPolicy', 'pricing'));
    await kube.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'left', namespace: 'fulfilment' },
    });
    await kube.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'deny', namespace: 'fulfilment' },
      spec: { podSelector: {}, policyTypes: ['Ingress'] },
    });
    await kube.patch({ apiVersion: 'v1', kind: 'Node', name: 'worker-1' }, 'merge', {
      spec: { unschedulable: true, taints: [{ key: 'maintenance', effect: 'NoSchedule' }] },
    });
    await cluster.clock.advance(20_000);
    expect(await desired()).not.toEqual(before);

    await putBack();
    await cluster.clock.advance(120_000);
    expect(await desired()).toEqual(before);
    const node = await kube.get({ apiVersion: 'v1', kind: 'Node', name: 'worker-1' });
    expect(node['spec']).not.toMatchObject({ unschedulable: true });
    expect(JSON.stringify(node['spec'])).not.toContain('maintenance');
  });

  test('is not touched where nothing was changed', async () => {
    const generations = async () =>
      (await cluster.kube.list({ apiVersion: 'apps/v1', kind: 'Deployment' })).items.map(
        ({ metadata }) => `${metadata.name} ${metadata.generation}`,
      );
    const before = await generations();
    await putBack();
    expect(await generations()).toEqual(before);
  });

  test('forgets what happened: no events, no old revisions, and the pods that run stay', async () => {
    const { kube } = cluster;
    const pods = async () =>
      (await kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'storefront' })).items.map(
        ({ metadata }) => metadata.name,
      );
    const running = await pods();
    await deleteOldReplicaSets(kube, namespaces);
    await deleteEvents(kube, namespaces);
    expect((await kube.list({ apiVersion: 'v1', kind: 'Event' }, { namespace: 'storefront' })).items).toEqual(
      [],
    );
    const sets = (await kube.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, { namespace: 'storefront' }))
      .items;
    expect(sets.length).toBe(
      application.manifests.filter(
        ({ kind, metadata }) => kind === 'Deployment' && metadata.namespace === 'storefront',
      ).length,
    );
    expect(await pods()).toEqual(running);
  });
});

test('a share of the CPU leaves limits and memory alone and keeps quotas and autoscalers in proportion', () => {
  const settings = {
    ...kindSettings(
      { apiVersion: 'culprit.dev/v1', kind: 'ClusterProfile', name: 'k', provider: 'kind' },
      {},
    ),
    cpuShare: 0.2,
  };
  const scaled = prepareApplication(application, settings);
  const text = (app: Application, kind: string) =>
    JSON.stringify(
      app.manifests.find((object) => object.kind === kind && object.metadata.namespace === 'storefront'),
    );
  expect(text(application, 'ResourceQuota')).toContain('"requests.cpu":"5500m"');
  expect(text(scaled, 'ResourceQuota')).toContain('"requests.cpu":"1100m"');
  expect(text(scaled, 'ResourceQuota')).toContain('"limits.cpu":"22"');
  expect(text(scaled, 'LimitRange')).toContain('"defaultRequest":{"cpu":"20m","memory":"128Mi"}');
  expect(text(scaled, 'LimitRange')).toContain('"default":{"cpu":"500m","memory":"256Mi"}');
  expect(text(scaled, 'HorizontalPodAutoscaler')).toMatch(/"averageUtilization":3[57]\d/);
  const requests = (app: Application) =>
    app.manifests
      .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
      .map((object) => /"requests":\{"cpu":"([^"]+)"/.exec(JSON.stringify(object))?.[1] ?? '')
      .map((cpu) => (cpu.endsWith('m') ? Number.parseInt(cpu, 10) : Number(cpu) * 1000));
  requests(application).forEach((milli, i) => {
    expect(requests(scaled)[i]).toBe(Math.round(milli * 0.2));
  });
});
