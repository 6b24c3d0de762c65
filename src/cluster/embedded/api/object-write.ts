import type { KubeObject, ObjectMeta } from '../../../kube/objects.ts';
import { thawed } from './frozen.ts';

/** Metadata of a new object as its creator states it, without what only the server sets. */
export function newMetadata(given: ObjectMeta): ObjectMeta {
  const metadata: ObjectMeta = { ...given, name: given.name ?? '' };
  for (const field of [
    'uid',
    'generation',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'managedFields',
    'namespace',
    'selfLink',
  ])
    delete (metadata as unknown as Record<string, unknown>)[field];
  return metadata;
}

/** Metadata a client may change, over what only the server sets. */
export function keptMetadata(wanted: ObjectMeta, old: ObjectMeta): ObjectMeta {
  const metadata: Record<string, unknown> = { name: old.name };
  for (const field of ['labels', 'annotations', 'ownerReferences', 'finalizers'] as const)
    if (wanted[field] !== undefined) metadata[field] = thawed(wanted[field]);
  for (const field of [
    'generateName',
    'namespace',
    'uid',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'managedFields',
  ] as const)
    if (old[field] !== undefined) metadata[field] = old[field];
  return metadata as unknown as ObjectMeta;
}

/** What `generation` counts: everything but metadata and status. */
export function specOf(object: KubeObject): Record<string, unknown> {
  const { metadata: _metadata, status: _status, ...rest } = object;
  return rest;
}

/** Seconds a pod gets to end: none if it does not run anywhere. */
export function podGrace(pod: KubeObject, wanted: number | undefined): number {
  const spec = pod['spec'] as { nodeName?: string; terminationGracePeriodSeconds?: number };
  const phase = (pod['status'] as { phase?: string } | undefined)?.phase;
  if (!spec.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  return Math.max(0, wanted ?? spec.terminationGracePeriodSeconds ?? 30);
}

/** Finalizers of an object that is being deleted, with the garbage collector's own. */
export function finalizersFor(object: KubeObject, propagation: string | undefined): string[] {
  const others = (object.metadata.finalizers ?? []).filter(
    (f) => f !== 'orphan' && f !== 'foregroundDeletion',
  );
  if (propagation === 'Orphan') return [...others, 'orphan'];
  if (propagation === 'Foreground') return [...others, 'foregroundDeletion'];
  if (propagation === undefined) return [...(object.metadata.finalizers ?? [])];
  return others;
}

/** Whether an update takes the last finalizer off an object that waits for that. */
export function endsDeletion({ metadata }: KubeObject, old: KubeObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0 &&
    (old.metadata.finalizers ?? []).length > 0 &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0
  );
}
