import type { GroupVersionKind, KubeClient } from '../../kube/client.ts';
import { isNotFound } from '../../kube/errors.ts';
import { type KubeObject, refOf } from '../../kube/objects.ts';
import { inParallel } from './in-parallel.ts';

/** Kinds that the cluster itself makes and takes away. */
const madeByCluster = new Set([
  'Endpoints',
  'EndpointSlice',
  'ControllerRevision',
  'Lease',
  'PodMetrics',
  'Pod',
]);

/**
 * Takes away what is not of an application in its namespaces: objects that somebody added, Events.
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
      const foreign = items.filter((object) => !wanted.has(idOf(object)) && !isKept(object));
      await deleteAll(kube, foreign);
    }
}

/** Events of the namespaces; those about nodes stand in `default`. */
export async function deleteEvents(kube: KubeClient, namespaces: readonly string[]): Promise<void> {
  for (const namespace of namespaces) {
    const { items } = await kube.list({ apiVersion: 'v1', kind: 'Event' }, { namespace });
    await deleteAll(kube, items);
  }
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
 * Takes pods away that are to be made anew: of stores (their content goes with them), those that restarted or are not
 * well, those of images that were replaced, and those of nobody. Answers how many.
 */
export function deleteUsedPods(
  kube: KubeClient,
  namespaces: readonly string[],
  replaced: ReadonlySet<string>,
): Promise<number> {
  return deletePods(kube, namespaces, (pod) => {
    const owner = pod.metadata.ownerReferences?.[0];
    const { containers = [] } = (pod['spec'] ?? {}) as { containers?: { image: string }[] };
    return (
      owner === undefined ||
      owner.kind === 'StatefulSet' ||
      containers.some(({ image }) => replaced.has(image)) ||
      hasRestarted(pod) ||
      !isWell(pod)
    );
  });
}

/** Takes pods away whose containers restarted. Answers how many. */
export function deleteRestartedPods(kube: KubeClient, namespaces: readonly string[]): Promise<number> {
  return deletePods(kube, namespaces, hasRestarted);
}

async function deletePods(
  kube: KubeClient,
  namespaces: readonly string[],
  isWanted: (pod: KubeObject) => boolean,
): Promise<number> {
  let count = 0;
  for (const namespace of namespaces) {
    const { items } = await kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace });
    const found = items.filter(isWanted);
    count += found.length;
    await deleteAll(kube, found, 1);
  }
  return count;
}

interface PodStatus {
  readonly phase?: string;
  readonly containerStatuses?: readonly { readonly restartCount?: number; readonly ready?: boolean }[];
}

function hasRestarted(pod: KubeObject): boolean {
  const { containerStatuses = [] } = (pod['status'] ?? {}) as PodStatus;
  return containerStatuses.some(({ restartCount = 0 }) => restartCount > 0);
}

function isWell(pod: KubeObject): boolean {
  const { phase, containerStatuses = [] } = (pod['status'] ?? {}) as PodStatus;
  return phase === 'Running' && containerStatuses.every(({ ready }) => ready === true);
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
