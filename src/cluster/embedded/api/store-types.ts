import type { KubeObject, ObjectRef } from '../../../kube/objects.ts';
import type { EventRecorder, Store, StoreEvent, WriteOptions } from '../contracts.ts';
import type { Simulation } from '../simulation.ts';

/** How a write is done, beyond the contract. */
export interface ApiWriteOptions extends WriteOptions {
  /** Does everything but keep the result. */
  readonly dryRun?: boolean;
  /** Recorded in managedFields for server-side apply. */
  readonly operation?: 'Apply' | 'Update';
}

export interface CreateOptions extends ApiWriteOptions {
  /** Creation time of an object that is older than the world; default: now. */
  readonly createdMs?: number;
}

export interface RemoveOptions extends ApiWriteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** A committed change, as watches replay it. */
export interface Change extends StoreEvent {
  readonly revision: number;
  readonly resource: string;
  /** Virtual time of the change (epoch ms). */
  readonly atMs: number;
}

/** The Store with what the API server needs beyond the contract. */
export interface ApiStore extends Store {
  readonly simulation: Simulation;
  readonly seed: number;
  /** Seconds that pods tolerate a node that is gone, where they do not say. */
  readonly defaultTolerationSeconds: number;
  readonly events: EventRecorder;
  create(object: KubeObject, options: CreateOptions): KubeObject;
  update(object: KubeObject, options: ApiWriteOptions): KubeObject;
  updateStatus(object: KubeObject, options: ApiWriteOptions): KubeObject;
  remove(ref: ObjectRef, options: RemoveOptions): void;
  /** Changes after `revision`, oldest first; 410 when they are no longer kept. */
  changesSince(revision: number, resource?: string): readonly Change[];
  /** Called within each mutation, in order; for watches and indexes only, must not mutate. */
  onCommit(listener: (change: Change) => void): () => void;
  /** Keys (`resource`, object) of everything that names this uid as an owner. */
  dependentsOf(ownerUid: string): readonly { readonly resource: string; readonly object: KubeObject }[];
  /** Whether an object with this uid exists now. */
  hasUid(uid: string): boolean;
  findByUid(uid: string): KubeObject | undefined;
  /** Runs `act` when the mutation in progress is complete, before it returns; may mutate. For commit listeners. */
  afterCommit(act: () => void): void;
  /** Every resource key that has objects in the namespace. */
  namespacedContents(
    namespace: string,
  ): readonly { readonly resource: string; readonly object: KubeObject }[];
}

export interface StoreSettings {
  readonly simulation: Simulation;
  readonly seed: number;
  /** Changes kept for watches; older ones are answered with 410. */
  readonly historyLimit?: number;
  /** Kubernetes' default is 300. */
  readonly defaultTolerationSeconds?: number;
}
