import { rfc3339Seconds } from '../../../base/clock.ts';
import { jsonEqual } from '../../../base/json.ts';
import { byCodeUnit } from '../../../base/order.ts';
import { key, Random } from '../../../base/random.ts';
import { KubeApiError } from '../../../kube/errors.ts';
import type { KubeObject, ObjectMeta, ObjectRef } from '../../../kube/objects.ts';
import type { EventRecorder, Store, StoreEvent, WriteOptions } from '../contracts.ts';
import type { Simulation } from '../simulation.ts';
import { admit } from './admission/admit.ts';
import { createEventRecorder } from './event-recorder.ts';
import { frozen, thawed } from './frozen.ts';
import { attachGarbageCollector } from './garbage-collector.ts';
import { withManager } from './managed-fields.ts';
import { attachNamespaceLifecycle } from './namespace-lifecycle.ts';
import { attachQuotaStatus } from './quota-status.ts';
import { definitionOf, definitionOfKind, type ResourceDefinition } from './resources.ts';
import { unknownFields } from './schema/check-fields.ts';
import { alreadyExists, badRequest, conflict, notFound, staleVersion } from './status-error.ts';

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
}

/** An empty store with its garbage collector, namespace life cycle and quota status. */
export function createStore(settings: StoreSettings): ApiStore {
  const store = new MemoryStore(settings);
  attachGarbageCollector(store);
  attachNamespaceLifecycle(store);
  attachQuotaStatus(store);
  return store;
}

interface Subscription {
  readonly callback: (event: StoreEvent) => void;
  active: boolean;
}

class Table {
  readonly definition: ResourceDefinition;
  readonly objects = new Map<string, KubeObject>();
  readonly subscriptions: Subscription[] = [];
  lists = new Map<string, readonly KubeObject[]>();
  constructor(definition: ResourceDefinition) {
    this.definition = definition;
  }
}

const path = (namespace: string | undefined, name: string) =>
  namespace === undefined ? name : `${namespace}/${name}`;
const pathOf = (object: KubeObject) => path(object.metadata.namespace, object.metadata.name);

class MemoryStore implements ApiStore {
  readonly simulation: Simulation;
  readonly seed: number;
  readonly events: EventRecorder;
  readonly #tables = new Map<string, Table>();
  readonly #owned = new Map<string, Map<string, { resource: string; path: string }>>();
  readonly #uids = new Map<string, KubeObject>();
  readonly #afterCommit: (() => void)[] = [];
  readonly #incarnations = new Map<string, number>();
  readonly #listeners: ((change: Change) => void)[] = [];
  readonly #historyLimit: number;
  #history: Change[] = [];
  #queue: { subscription: Subscription; event: StoreEvent }[] = [];
  #scheduled = false;
  #revision = 1000;
  #oldest = 1000;

  constructor(settings: StoreSettings) {
    this.simulation = settings.simulation;
    this.seed = settings.seed;
    this.#historyLimit = settings.historyLimit ?? 20_000;
    this.events = createEventRecorder(this);
  }

  get resourceVersion(): string {
    return String(this.#revision);
  }

  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#table(resource).objects.get(path(namespace, name));
  }

  list(resource: string, namespace?: string): readonly KubeObject[] {
    const table = this.#table(resource);
    const wanted = namespace ?? '';
    let list = table.lists.get(wanted);
    if (list === undefined) {
      if (namespace === undefined) {
        const paths = [...table.objects.keys()].sort(byPath);
        list = Object.freeze(paths.map((p) => table.objects.get(p)!));
      } else list = Object.freeze(this.list(resource).filter((o) => o.metadata.namespace === namespace));
      table.lists.set(wanted, list);
    }
    return list;
  }

  ownedBy(resource: string, ownerUid: string): readonly KubeObject[] {
    return this.dependentsOf(ownerUid)
      .filter((d) => d.resource === resource)
      .map((d) => d.object)
      .filter((o) =>
        (o.metadata.ownerReferences ?? []).some((r) => r.uid === ownerUid && r.controller === true),
      );
  }

  dependentsOf(ownerUid: string): readonly { resource: string; object: KubeObject }[] {
    const found = [...(this.#owned.get(ownerUid)?.values() ?? [])].map((d) => ({
      resource: d.resource,
      object: this.#table(d.resource).objects.get(d.path)!,
    }));
    return found.sort(
      (a, b) => byCodeUnit(a.resource, b.resource) || byPath(pathOf(a.object), pathOf(b.object)),
    );
  }

  hasUid(uid: string): boolean {
    return this.#uids.has(uid);
  }

  findByUid(uid: string): KubeObject | undefined {
    return this.#uids.get(uid);
  }

  afterCommit(act: () => void): void {
    this.#afterCommit.push(act);
  }

  namespacedContents(namespace: string): readonly { resource: string; object: KubeObject }[] {
    const out: { resource: string; object: KubeObject }[] = [];
    for (const [resource, table] of this.#tables)
      if (table.definition.namespaced && table.objects.size > 0)
        for (const object of this.list(resource, namespace)) out.push({ resource, object });
    return out.sort((a, b) => byCodeUnit(a.resource, b.resource));
  }

  create(object: KubeObject, options: CreateOptions): KubeObject {
    const definition = definitionOfKind(object.apiVersion, object.kind);
    const table = this.#table(definition.key);
    const draft = thawed(object);
    const unknown = definition.key === 'events' ? [] : unknownFields(draft);
    if (unknown.length > 0)
      throw badRequest(
        `${object.kind} cannot be handled as a ${object.kind}: strict decoding error: ${unknown.join(', ')}`,
      );
    const given = draft.metadata ?? ({ name: '' } as ObjectMeta);
    if (given.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
    const namespace = definition.namespaced ? (given.namespace ?? 'default') : undefined;
    const createdMs = options.createdMs ?? this.simulation.nowMs;
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
    if (namespace !== undefined) metadata.namespace = namespace;
    metadata.creationTimestamp = rfc3339Seconds(createdMs);
    if (definition.generation) metadata.generation = 1;
    draft.metadata = metadata;
    this.#generateName(definition, metadata, options.dryRun === true);
    const where = path(namespace, metadata.name);
    if (definition.status && definition.kind !== 'Node') delete draft['status'];
    admit({ store: this, operation: 'CREATE', definition, draft, old: undefined });
    if (table.objects.has(where)) throw alreadyExists(definition, metadata.name);
    const incarnation = this.#incarnations.get(`${definition.key} ${where}`) ?? 0;
    metadata.uid = new Random(
      key(this.seed, 'uid', definition.kind, namespace ?? '', metadata.name, incarnation),
    ).uuid();
    draft.metadata = withManager(draft.metadata, {
      manager: options.manager,
      operation: options.operation ?? 'Update',
      apiVersion: definition.apiVersion,
      time: rfc3339Seconds(createdMs),
    });
    if (options.dryRun === true) return frozen(draft);
    this.#incarnations.set(`${definition.key} ${where}`, incarnation + 1);
    return this.#commit(table, 'ADDED', draft, undefined);
  }

  update(object: KubeObject, options: ApiWriteOptions): KubeObject {
    const { table, old } = this.#target(object);
    const definition = table.definition;
    const draft = thawed(object);
    draft.metadata = this.#keptMetadata(object.metadata, old.metadata);
    if (definition.status) {
      if (old['status'] === undefined) delete draft['status'];
      else draft['status'] = old['status'];
    }
    admit({ store: this, operation: 'UPDATE', definition, draft, old });
    if (definition.generation && !jsonEqual(specOf(draft), specOf(old)))
      draft.metadata.generation = (old.metadata.generation ?? 1) + 1;
    return this.#replace(table, old, draft, options, undefined);
  }

  updateStatus(object: KubeObject, options: ApiWriteOptions): KubeObject {
    const { table, old } = this.#target(object);
    const draft: KubeObject = { ...old, metadata: { ...old.metadata } };
    if (object['status'] === undefined) delete draft['status'];
    else draft['status'] = frozen(object['status']);
    return this.#replace(table, old, draft, options, 'status');
  }

  remove(ref: ObjectRef, options: RemoveOptions): void {
    const definition = definitionOfKind(ref.apiVersion, ref.kind);
    const table = this.#table(definition.key);
    const old = table.objects.get(
      path(definition.namespaced ? (ref.namespace ?? 'default') : undefined, ref.name),
    );
    if (old === undefined) throw notFound(definition, ref.name);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid !== undefined && uid !== old.metadata.uid)
      throw conflict(
        definition,
        ref.name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
      );
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion)
      throw staleVersion(definition, ref.name);
    admit({ store: this, operation: 'DELETE', definition, draft: old, old });
    if (options.dryRun === true) return;

    const grace = definition.kind === 'Pod' ? podGrace(old, options.gracePeriodSeconds) : 0;
    const finalizers = finalizersFor(old, options.propagationPolicy);
    if (definition.kind === 'Namespace') return this.#terminateNamespace(table, old, options);
    if (grace === 0 && finalizers.length === 0) {
      this.#commit(table, 'DELETED', { ...old, metadata: { ...old.metadata } }, old);
      return;
    }
    const pending = old.metadata.deletionGracePeriodSeconds;
    if (old.metadata.deletionTimestamp !== undefined && (pending ?? 0) <= grace) return;
    const metadata: ObjectMeta = {
      ...old.metadata,
      deletionTimestamp: rfc3339Seconds(this.simulation.nowMs + grace * 1000),
      deletionGracePeriodSeconds: grace,
    };
    if (finalizers.length > 0) metadata.finalizers = finalizers;
    if (definition.generation) metadata.generation = (old.metadata.generation ?? 1) + 1;
    this.#commit(table, 'MODIFIED', { ...old, metadata }, old);
  }

  subscribe(
    resource: string,
    callback: (event: StoreEvent) => void,
    options: { replay?: boolean } = {},
  ): () => void {
    const table = this.#table(resource);
    const subscription: Subscription = { callback, active: true };
    if (options.replay === true)
      for (const object of this.list(resource)) this.#enqueue(subscription, { type: 'ADDED', object });
    table.subscriptions.push(subscription);
    return () => {
      subscription.active = false;
      const at = table.subscriptions.indexOf(subscription);
      if (at >= 0) table.subscriptions.splice(at, 1);
    };
  }

  onCommit(listener: (change: Change) => void): () => void {
    this.#listeners.push(listener);
    return () => {
      const at = this.#listeners.indexOf(listener);
      if (at >= 0) this.#listeners.splice(at, 1);
    };
  }

  changesSince(revision: number, resource?: string): readonly Change[] {
    if (revision < this.#oldest)
      throw new KubeApiError(410, 'Expired', `too old resource version: ${revision} (${this.#oldest})`);
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#history[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    const rest = this.#history.slice(low);
    return resource === undefined ? rest : rest.filter((c) => c.resource === resource);
  }

  #table(resource: string): Table {
    let table = this.#tables.get(resource);
    if (table === undefined) {
      table = new Table(definitionOf(resource));
      this.#tables.set(resource, table);
    }
    return table;
  }

  #target(object: KubeObject): { table: Table; old: KubeObject } {
    const definition = definitionOfKind(object.apiVersion, object.kind);
    const table = this.#table(definition.key);
    const { name, namespace, resourceVersion, uid } = object.metadata;
    const old = table.objects.get(path(definition.namespaced ? (namespace ?? 'default') : undefined, name));
    if (old === undefined) throw notFound(definition, name);
    if (uid && uid !== old.metadata.uid)
      throw conflict(
        definition,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
      );
    if (resourceVersion && resourceVersion !== old.metadata.resourceVersion)
      throw staleVersion(definition, name);
    return { table, old };
  }

  /** Metadata a client may change, over what only the server sets. */
  #keptMetadata(wanted: ObjectMeta, old: ObjectMeta): ObjectMeta {
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

  #replace(
    table: Table,
    old: KubeObject,
    draft: KubeObject,
    options: ApiWriteOptions,
    subresource: string | undefined,
  ): KubeObject {
    const { resourceVersion: _rv, ...before } = old.metadata;
    const { resourceVersion: _ignored, ...after } = draft.metadata;
    if (jsonEqual({ ...old, metadata: before }, { ...draft, metadata: after })) return old;
    draft.metadata = withManager(draft.metadata, {
      manager: options.manager,
      operation: options.operation ?? 'Update',
      apiVersion: table.definition.apiVersion,
      time: rfc3339Seconds(this.simulation.nowMs),
      subresource,
    });
    if (options.dryRun === true) return frozen(draft);
    const isFinal =
      draft.metadata.deletionTimestamp !== undefined &&
      (draft.metadata.finalizers ?? []).length === 0 &&
      (old.metadata.finalizers ?? []).length > 0 &&
      (draft.metadata.deletionGracePeriodSeconds ?? 0) === 0;
    return this.#commit(table, isFinal ? 'DELETED' : 'MODIFIED', draft, old);
  }

  #terminateNamespace(table: Table, old: KubeObject, options: RemoveOptions): void {
    const finalizers = ((old['spec'] as { finalizers?: string[] } | undefined)?.finalizers ?? []).length;
    if (finalizers === 0) {
      this.#commit(table, 'DELETED', { ...old, metadata: { ...old.metadata } }, old);
      return;
    }
    if (old.metadata.deletionTimestamp !== undefined) return;
    const metadata = withManager(
      { ...old.metadata, deletionTimestamp: rfc3339Seconds(this.simulation.nowMs) },
      {
        manager: options.manager,
        operation: 'Update',
        apiVersion: 'v1',
        time: rfc3339Seconds(this.simulation.nowMs),
      },
    );
    this.#commit(table, 'MODIFIED', { ...old, metadata, status: { phase: 'Terminating' } }, old);
  }

  #generateName(definition: ResourceDefinition, metadata: ObjectMeta, dryRun: boolean): void {
    if (metadata.name !== '' || !metadata.generateName) return;
    const base = metadata.generateName.slice(0, 58);
    const counter = `${definition.key} ${metadata.namespace ?? ''} ${base}`;
    let ordinal = this.#incarnations.get(counter) ?? 0;
    const table = this.#table(definition.key);
    do {
      const random = new Random(
        key(this.seed, 'name', definition.kind, metadata.namespace ?? '', base, ordinal++),
      );
      metadata.name = base + random.suffix(5);
    } while (table.objects.has(path(metadata.namespace, metadata.name)));
    if (!dryRun) this.#incarnations.set(counter, ordinal);
  }

  #commit(
    table: Table,
    type: StoreEvent['type'],
    draft: KubeObject,
    previous: KubeObject | undefined,
  ): KubeObject {
    this.#revision++;
    draft.metadata = { ...draft.metadata, resourceVersion: String(this.#revision) };
    const object = frozen(draft);
    const where = pathOf(object);
    if (previous !== undefined) this.#index(table.definition.key, where, previous, false);
    if (type === 'DELETED') {
      table.objects.delete(where);
      this.#uids.delete(object.metadata.uid!);
    } else {
      table.objects.set(where, object);
      this.#uids.set(object.metadata.uid!, object);
      this.#index(table.definition.key, where, object, true);
    }
    table.lists = new Map();
    const event: StoreEvent = previous === undefined ? { type, object } : { type, object, previous };
    const change: Change = {
      ...event,
      revision: this.#revision,
      resource: table.definition.key,
      atMs: this.simulation.nowMs,
    };
    this.#remember(change);
    for (const subscription of table.subscriptions) this.#enqueue(subscription, event);
    for (const listener of [...this.#listeners]) listener(change);
    for (let act = this.#afterCommit.shift(); act !== undefined; act = this.#afterCommit.shift()) act();
    return object;
  }

  #remember(change: Change): void {
    this.#history.push(change);
    if (this.#history.length > this.#historyLimit * 1.25) {
      this.#history = this.#history.slice(-this.#historyLimit);
      this.#oldest = this.#history[0]!.revision - 1;
    }
  }

  #index(resource: string, where: string, object: KubeObject, add: boolean): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      let dependents = this.#owned.get(uid);
      if (add) {
        if (dependents === undefined) {
          dependents = new Map();
          this.#owned.set(uid, dependents);
        }
        dependents.set(`${resource} ${where}`, { resource, path: where });
      } else {
        dependents?.delete(`${resource} ${where}`);
        if (dependents?.size === 0) this.#owned.delete(uid);
      }
    }
  }

  #enqueue(subscription: Subscription, event: StoreEvent): void {
    this.#queue.push({ subscription, event });
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.simulation.after(0, () => this.#deliver());
  }

  #deliver(): void {
    const batch = this.#queue;
    this.#queue = [];
    this.#scheduled = false;
    for (const { subscription, event } of batch) if (subscription.active) subscription.callback(event);
  }
}

/** Namespace first, then name, as etcd's keys sort. */
function byPath(a: string, b: string): number {
  return byCodeUnit(a, b);
}

/** What `generation` counts: everything but metadata and status. */
function specOf(object: KubeObject): Record<string, unknown> {
  const { metadata: _metadata, status: _status, ...rest } = object;
  return rest;
}

function podGrace(pod: KubeObject, wanted: number | undefined): number {
  const spec = pod['spec'] as { nodeName?: string; terminationGracePeriodSeconds?: number };
  const phase = (pod['status'] as { phase?: string } | undefined)?.phase;
  if (!spec.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  return Math.max(0, wanted ?? spec.terminationGracePeriodSeconds ?? 30);
}

function finalizersFor(object: KubeObject, propagation: string | undefined): string[] {
  const others = (object.metadata.finalizers ?? []).filter(
    (f) => f !== 'orphan' && f !== 'foregroundDeletion',
  );
  if (propagation === 'Orphan') return [...others, 'orphan'];
  if (propagation === 'Foreground') return [...others, 'foregroundDeletion'];
  if (propagation === undefined) return [...(object.metadata.finalizers ?? [])];
  return others;
}
