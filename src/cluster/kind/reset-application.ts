import type { GroupVersionKind, KubeClient } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import { type KubeObject, refOf } from '../../kube/objects.ts';
import { inParallel } from './in-parallel.ts';

/** Kinds that the cluster itself makes and takes away. */
const madeByCluster = new Set(['Endpoints', 'EndpointSlice', 'ControllerRevision', 'Lease', 'PodMetrics', 'Pod']);

/**
 * Takes away what is not of an application in its namespaces: objects that somebody added, old ReplicaSets, Events.
 * What belongs to another object goes with it.
 */
export async function deleteForeignObjects(
  kube: KubeClient,
  manifests: readonly KubeObject[],
  namespaces: readonly string[],
): Promise<void> {
  const wanted = new Set(manifests.map(idOf));
  for (const kind of await namespacedKinds(kube))
    for (const namespace of namespaces) {
      const { items } = await kube.list(kind, { namespace });
      const foreign = items.filter((object) =>
        kind.kind === 'Event' ? true : !wanted.has(idOf(object)) && !isKept(object),
      );
      await deleteAll(kube, foreign);
    }
}

/** Events about nodes, which stand in `default`. */
export async function deleteNodeEvents(kube: KubeClient): Promise<void> {
  const { items } = await kube.list({ apiVersion: 'v1', kind: 'Event' }, { namespace: 'default' });
  await deleteAll(kube, items);
}

/** ReplicaSets without pods, of earlier templates. */
export async function deleteOldReplicaSets(kube: KubeClient, namespaces: readonly string[]): Promise<void> {
  for (const namespace of namespaces) {
    const { items } = await kube.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, { namespace });
    const old = items.filter((object) => {
      const { replicas = 1 } = (object['spec'] ?? {}) as { replicas?: number };
      return replicas === 0;
    });
    await deleteAll(kube, old);
  }
}

/**
 * Pods that are to be made anew: of stores (their content goes with them), those that restarted or are not well, and
 * those of nobody.
 */
export async function deleteUsedPods(kube: KubeClient, namespaces: readonly string[]): Promise<number> {
  let count = 0;
  for (const namespace of namespaces) {
    const { items } = await kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace });
    const used = items.filter(isUsed);
    count += used.length;
    await deleteAll(kube, used, 1);
  }
  return count;
}

function isUsed(pod: KubeObject): boolean {
  const owner = pod.metadata.ownerReferences?.[0];
  if (owner === undefined || owner.kind === 'StatefulSet') return true;
  const { containerStatuses = [], phase } = (pod['status'] ?? {}) as {
    containerStatuses?: { restartCount?: number; ready?: boolean }[];
    phase?: string;
  };
  return phase !== 'Running' || containerStatuses.some((one) => (one.restartCount ?? 0) > 0 || one.ready !== true);
}

/** Things that every namespace has, and things that go with their owner. */
function isKept({ kind, metadata, ...object }: KubeObject): boolean {
  if (madeByCluster.has(kind) || (metadata.ownerReferences ?? []).length > 0) return true;
  switch (kind) {
    case 'ConfigMap':
      return metadata.name === 'kube-root-ca.crt';
    case 'ServiceAccount':
      return metadata.name === 'default';
    case 'Secret':
      return object['type'] === 'kubernetes.io/service-account-token';
    default:
      return false;
  }
}

async function namespacedKinds(kube: KubeClient): Promise<readonly GroupVersionKind[]> {
  const kinds = (await kube.resources()).filter(
    ({ namespaced, verbs, plural, apiVersion, kind }) =>
      namespaced &&
      verbs.includes('list') &&
      verbs.includes('delete') &&
      !plural.includes('/') &&
      // the same Events under another name
      !(kind === 'Event' && apiVersion !== 'v1'),
  );
  return kinds.map(({ apiVersion, kind }) => ({ apiVersion, kind }));
}

async function deleteAll(
  kube: KubeClient,
  objects: readonly KubeObject[],
  gracePeriodSeconds?: number,
): Promise<void> {
  await inParallel(objects, 16, (object) =>
    kube
      .delete(refOf(object), {
        propagationPolicy: 'Background',
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      }),
  );
}

function idOf({ apiVersion, kind, metadata }: KubeObject): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return `${group}/${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}
