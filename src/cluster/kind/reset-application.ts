import { inParallel } from '../../base/in-parallel.ts';
import { byCodeUnit } from '../../base/order.ts';
import type { KubeClient } from '../../kube/client.ts';
import { deleteIfThere } from '../../kube/delete-if-there.ts';
import { type KubeObject, refOf } from '../../kube/objects.ts';
import { idOf, type LiveObjects } from './live-objects.ts';

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
 * Takes away what is not of an application in its namespaces: objects that somebody added. What belongs to another
 * object goes with it.
 */
export async function deleteForeignObjects(
  kube: KubeClient,
  live: LiveObjects,
  manifests: readonly KubeObject[],
  namespaces: readonly string[],
): Promise<void> {
  const wanted = new Set(manifests.map(idOf));
  await deleteAll(
    kube,
    live.in(namespaces).filter((object) => !wanted.has(idOf(object)) && !isKept(object)),
  );
}

/** Events of the namespaces; those about nodes stand in `default`, those about a lost node's own pods in `kube-system`. */
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
 * Takes pods away that are to be made anew: those that restarted or are not well, those of images that were replaced,
 * those of nobody, and half of those that stand on one node together since another was lost. Answers how many.
 */
export async function deleteUsedPods(
  kube: KubeClient,
  namespaces: readonly string[],
  replaced: ReadonlySet<string>,
): Promise<number> {
  let count = 0;
  for (const namespace of namespaces) {
    const { items } = await kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace });
    const crowded = crowdedPods(items);
    const used = items.filter((pod) => {
      const { containers = [] } = specOf(pod);
      return (
        pod.metadata.ownerReferences?.[0] === undefined ||
        containers.some(({ image }) => replaced.has(image)) ||
        crowded.has(pod.metadata.name) ||
        hasRestarted(pod) ||
        !isWell(pod)
      );
    });
    count += used.length;
    await deleteAll(kube, used, 1);
  }
  return count;
}

/** Half of the pods of every owner that has several and all of them on one node that is no control plane. */
function crowdedPods(pods: readonly KubeObject[]): ReadonlySet<string> {
  const byOwner = new Map<string, KubeObject[]>();
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.[0];
    if (owner?.kind !== 'ReplicaSet') continue;
    const siblings = byOwner.get(owner.uid) ?? [];
    siblings.push(pod);
    byOwner.set(owner.uid, siblings);
  }
  const crowded = new Set<string>();
  for (const siblings of byOwner.values()) {
    const nodes = new Set(siblings.map((pod) => specOf(pod).nodeName));
    if (siblings.length < 2 || nodes.size > 1) continue;
    const names = siblings.map(({ metadata }) => metadata.name).sort(byCodeUnit);
    for (const name of names.slice(0, Math.floor(names.length / 2))) crowded.add(name);
  }
  return crowded;
}

interface PodSpec {
  readonly nodeName?: string;
  readonly containers?: readonly { readonly image: string }[];
}

function specOf(pod: KubeObject): PodSpec {
  return (pod['spec'] ?? {}) as PodSpec;
}

/** Takes pods away whose containers restarted. Answers how many. */
export async function deleteRestartedPods(kube: KubeClient, namespaces: readonly string[]): Promise<number> {
  let count = 0;
  for (const namespace of namespaces) {
    const { items } = await kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace });
    const found = items.filter(hasRestarted);
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

async function deleteAll(
  kube: KubeClient,
  objects: readonly KubeObject[],
  gracePeriodSeconds?: number,
): Promise<void> {
  await inParallel(objects, 16, (object) =>
    deleteIfThere(kube, refOf(object), {
      propagationPolicy: 'Background',
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    }),
  );
}
