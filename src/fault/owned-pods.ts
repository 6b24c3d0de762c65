import { byText } from '../base/order.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject, ObjectRef } from '../spec/kube-types.ts';
import { textAt } from './json-access.ts';

/** Living pods of a workload, through its ReplicaSets too, sorted by name. */
export async function podsOf(kube: KubeClient, owner: ObjectRef): Promise<readonly KubeObject[]> {
  const options = owner.namespace === undefined ? {} : { namespace: owner.namespace };
  const workload = await kube.get(owner);
  const owners = new Set([workload.metadata.uid ?? '']);
  if (owner.kind === 'Deployment') {
    const { items } = await kube.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, options);
    for (const set of items) if (isOwnedBy(set, owners)) owners.add(set.metadata.uid ?? '');
  }
  const { items } = await kube.list({ apiVersion: 'v1', kind: 'Pod' }, options);
  return items
    .filter((pod) => isOwnedBy(pod, owners) && pod.metadata.deletionTimestamp === undefined && !isOver(pod))
    .toSorted(byText((pod) => pod.metadata.name));
}

/** Pods by age, those of one second by name: what was replaced already comes last. */
export function oldestFirst(pods: readonly KubeObject[]): readonly KubeObject[] {
  return pods.toSorted(
    byText(
      (pod) => pod.metadata.creationTimestamp ?? '',
      (pod) => pod.metadata.name,
    ),
  );
}

function isOwnedBy(object: KubeObject, uids: ReadonlySet<string>): boolean {
  return (object.metadata.ownerReferences ?? []).some(
    (reference) => reference.controller === true && uids.has(reference.uid),
  );
}

function isOver(pod: KubeObject): boolean {
  const phase = textAt(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed';
}
