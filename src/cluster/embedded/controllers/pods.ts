import { key, Random } from '../../../base/random.ts';
import { conditionOf, isTrue } from './conditions.ts';
import { type ControlContext, controllerManager } from './control-context.ts';
import { controllerOf, type KubeObject, type Pod, type PodTemplate, resource } from './kinds.ts';

/** Whether the pod's Ready condition is True. */
export function isPodReady(pod: Pod): boolean {
  return isTrue(pod.status?.conditions, 'Ready');
}

/** Neither finished nor being deleted: it counts as a replica. */
export function isPodActive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && !isPodFinished(pod);
}

export function isPodFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Milliseconds until the ready pod counts as available (0: it is); undefined: it is not ready. */
export function untilAvailableMs(
  context: ControlContext,
  pod: Pod,
  minReadySeconds: number,
): number | undefined {
  const ready = conditionOf(pod.status?.conditions, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  const since = Date.parse(ready.lastTransitionTime ?? '');
  const left = since + minReadySeconds * 1000 - (context.simulation.nowMs - context.ageMs(pod));
  return Math.max(0, left);
}

/** Random characters at the end of a generated name; keyed by what the name is made for. */
export function nameSuffix(context: ControlContext, ...identity: (string | number)[]): string {
  return new Random(key(context.seed, ...identity)).suffix(5);
}

/** A controller reference to the owner. */
export function controllerReference(owner: KubeObject) {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Creates a pod from a template. Errors are the API's. */
export function createPod(
  context: ControlContext,
  owner: KubeObject,
  template: PodTemplate,
  names: { name: string; generateName?: string },
  change: { labels?: Record<string, string>; spec?: Partial<Pod['spec']> } = {},
): Pod {
  const labels = { ...template.metadata?.labels, ...change.labels };
  const annotations = template.metadata?.annotations;
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...names,
      ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
      labels,
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: { ...template.spec, ...change.spec },
  };
  const age = context.ageMs(pod);
  return context.store.create(
    pod,
    age === 0 ? controllerManager : { ...controllerManager, createdMs: context.simulation.nowMs - age },
  ) as Pod;
}

/** Deletes a pod with its own grace period; one that no node has seen goes at once. */
export function deletePod(context: ControlContext, pod: Pod): void {
  const { name, namespace } = pod.metadata;
  const grace = pod.spec.nodeName === undefined ? { gracePeriodSeconds: 0 } : {};
  context.store.remove(
    { apiVersion: 'v1', kind: 'Pod', name, ...(namespace === undefined ? {} : { namespace }) },
    { ...controllerManager, ...grace },
  );
}

/** Pods the owner controls. */
export function podsOf(context: ControlContext, owner: KubeObject): readonly Pod[] {
  return context.store.ownedBy(resource.pods, owner.metadata.uid ?? '') as readonly Pod[];
}

/** Key of the controller of this kind in a pod's owner references. */
export function ownerKey(object: KubeObject, kind: string): string | undefined {
  const owner = controllerOf(object);
  return owner?.kind === kind ? `${object.metadata.namespace ?? ''}/${owner.name}` : undefined;
}
