import { key, unit } from '../../../base/random.ts';
import { isNotFound } from '../../../kube/errors.ts';
import { type KubeObject, refOf } from '../../../kube/objects.ts';
import { thawed } from './frozen.ts';
import type { ApiStore } from './store.ts';

const manager = 'kube-controller-manager';

/**
 * Deletes what an owner leaves behind: dependents of deleted owners (background), dependents that block a foreground
 * deletion, owner references of orphans. It acts some tens of milliseconds after the cause, as the real one.
 */
export function attachGarbageCollector(store: ApiStore): void {
  const later = (uid: string, act: () => void) => {
    store.simulation.after(20 + 80 * unit(key(store.seed, 'gc', uid)), act);
  };
  store.onCommit(({ type, object }) => {
    const uid = object.metadata.uid!;
    if (type === 'DELETED') {
      if (store.dependentsOf(uid).length > 0) later(uid, () => collectDependents(store, uid));
      for (const owner of object.metadata.ownerReferences ?? [])
        later(owner.uid, () => finishForeground(store, owner.uid));
      return;
    }
    if (type === 'ADDED' && (object.metadata.ownerReferences ?? []).some((o) => !store.hasUid(o.uid)))
      for (const owner of object.metadata.ownerReferences ?? [])
        later(uid, () => collectDependents(store, owner.uid));
    if (object.metadata.deletionTimestamp === undefined) return;
    if (object.metadata.finalizers?.includes('orphan')) later(uid, () => orphanDependents(store, object));
    if (object.metadata.finalizers?.includes('foregroundDeletion'))
      later(uid, () => startForeground(store, object));
  });
}

function tolerateGone(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Removes dependents all of whose owners are gone; takes the dead reference off the others. */
function collectDependents(store: ApiStore, ownerUid: string): void {
  if (store.hasUid(ownerUid)) return;
  for (const { object } of store.dependentsOf(ownerUid)) {
    const owners = object.metadata.ownerReferences ?? [];
    const living = owners.filter((o) => store.hasUid(o.uid));
    tolerateGone(() => {
      if (living.length === 0) {
        if (object.metadata.deletionTimestamp === undefined)
          store.remove(refOf(object), { manager, propagationPolicy: 'Background' });
      } else dropOwner(store, object, ownerUid);
    });
  }
}

function dropOwner(store: ApiStore, object: KubeObject, ownerUid: string): void {
  const draft = thawed(object);
  const rest = (draft.metadata.ownerReferences ?? []).filter((o) => o.uid !== ownerUid);
  if (rest.length === 0) delete draft.metadata.ownerReferences;
  else draft.metadata.ownerReferences = rest;
  store.update(draft, { manager });
}

function orphanDependents(store: ApiStore, owner: KubeObject): void {
  for (const { object } of store.dependentsOf(owner.metadata.uid!))
    tolerateGone(() => dropOwner(store, object, owner.metadata.uid!));
  dropFinalizer(store, owner, 'orphan');
}

function startForeground(store: ApiStore, owner: KubeObject): void {
  for (const { object } of store.dependentsOf(owner.metadata.uid!))
    if (object.metadata.deletionTimestamp === undefined)
      tolerateGone(() => store.remove(refOf(object), { manager, propagationPolicy: 'Foreground' }));
  finishForeground(store, owner.metadata.uid!);
}

/** Lets a foreground deletion end once no dependent that blocks it is left. */
function finishForeground(store: ApiStore, ownerUid: string): void {
  const blocking = store
    .dependentsOf(ownerUid)
    .filter(({ object }) =>
      object.metadata.ownerReferences?.some((o) => o.uid === ownerUid && o.blockOwnerDeletion === true),
    );
  if (blocking.length > 0 || !store.hasUid(ownerUid)) return;
  const owner = store.findByUid(ownerUid);
  if (owner?.metadata.finalizers?.includes('foregroundDeletion'))
    dropFinalizer(store, owner, 'foregroundDeletion');
}

function dropFinalizer(store: ApiStore, object: KubeObject, finalizer: string): void {
  const current = store.findByUid(object.metadata.uid!);
  if (current === undefined) return;
  const draft = thawed(current);
  const rest = (draft.metadata.finalizers ?? []).filter((f) => f !== finalizer);
  if (rest.length === 0) delete draft.metadata.finalizers;
  else draft.metadata.finalizers = rest;
  tolerateGone(() => store.update(draft, { manager }));
}
