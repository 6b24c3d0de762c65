import { rfc3339Seconds } from '../../../base/clock.ts';
import { jsonEqual } from '../../../base/json.ts';
import { byCodeUnit } from '../../../base/order.ts';
import { key, Random } from '../../../base/random.ts';
import type { KubeObject, ObjectMeta, ObjectRef } from '../../../kube/objects.ts';
import type { EventRecorder, StoreEvent } from '../contracts.ts';
import type { Simulation } from '../simulation.ts';
import { admit } from './admission/admit.ts';
import { ChangeHistory } from './change-history.ts';
import { Delivery, Subscribers } from './delivery.ts';
import { createEventRecorder } from './event-recorder.ts';
import { frozen, thawed } from './frozen.ts';
import { attachGarbageCollector } from './garbage-collector.ts';
import { withManager } from './managed-fields.ts';
import { attachNamespaceLifecycle } from './namespace-lifecycle.ts';
import { endsDeletion, finalizersFor, keptMetadata, newMetadata, podGrace, specOf } from './object-write.ts';
import { OwnerIndex } from './owner-index.ts';
import { attachQuotaStatus } from './quota-status.ts';
import { definitionOf, definitionOfKind, type ResourceDefinition } from './resources.ts';
import { unknownFields } from './schema/check-fields.ts';
import { alreadyExists, badRequest, conflict, notFound, staleVersion } from './status-error.ts';
import type {
  ApiStore,
  ApiWriteOptions,
  Change,
  CreateOptions,
  RemoveOptions,
  StoreSettings,
} from './store-types.ts';

export type {
  ApiStore,
  ApiWriteOptions,
  Change,
  CreateOptions,
  RemoveOptions,
  StoreSettings,
} from './store-types.ts';

/** An empty store with its garbage collector, namespace life cycle and quota status. */
export function createStore(settings: StoreSettings): ApiStore {
  const store = new MemoryStore(settings);
  attachGarbageCollector(store);
  attachNamespaceLifecycle(store);
  attachQuotaStatus(store);
  return store;
}

class Table {
  readonly definition: ResourceDefinition;
  readonly objects = new Map<string, KubeObject>();
  readonly subscribers: Subscribers;
  lists = new Map<string, readonly KubeObject[]>();
  constructor(definition: ResourceDefinition, delivery: Delivery) {
    this.definition = definition;
    this.subscribers = new Subscribers(delivery);
  }
}

const path = (namespace: string | undefined, name: string) =>
  namespace === undefined ? name : `${namespace}/${name}`;
const pathOf = (object: KubeObject) => path(object.metadata.namespace, object.metadata.name);

/** A young cluster's revision; what came before is not in its history. */
const firstRevision = 1000;

class MemoryStore implements ApiStore {
  readonly simulation: Simulation;
  readonly seed: number;
  readonly defaultTolerationSeconds: number;
  readonly events: EventRecorder;
  readonly #tables = new Map<string, Table>();
  readonly #owners = new OwnerIndex();
  readonly #uids = new Map<string, KubeObject>();
  readonly #afterCommit: (() => void)[] = [];
  readonly #incarnations = new Map<string, number>();
  readonly #listeners: ((change: Change) => void)[] = [];
  readonly #history: ChangeHistory;
  readonly #delivery: Delivery;
  #revision = firstRevision;

  constructor(settings: StoreSettings) {
    this.simulation = settings.simulation;
    this.seed = settings.seed;
    this.defaultTolerationSeconds = settings.defaultTolerationSeconds ?? 300;
    this.#history = new ChangeHistory(settings.historyLimit ?? 20_000, firstRevision);
    this.#delivery = new Delivery(settings.simulation);
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
    const found = this.#owners.dependentsOf(ownerUid).map((d) => ({
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
    const metadata = newMetadata(given);
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
    draft.metadata = keptMetadata(object.metadata, old.metadata);
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
    const first = options.replay === true ? this.list(resource) : [];
    return this.#table(resource).subscribers.add(callback, first);
  }

  onCommit(listener: (change: Change) => void): () => void {
    this.#listeners.push(listener);
    return () => {
      const at = this.#listeners.indexOf(listener);
      if (at >= 0) this.#listeners.splice(at, 1);
    };
  }

  changesSince(revision: number, resource?: string): readonly Change[] {
    return this.#history.since(revision, resource);
  }

  #table(resource: string): Table {
    let table = this.#tables.get(resource);
    if (table === undefined) {
      table = new Table(definitionOf(resource), this.#delivery);
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
    return this.#commit(table, endsDeletion(draft, old) ? 'DELETED' : 'MODIFIED', draft, old);
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
    if (previous !== undefined) this.#owners.remove(table.definition.key, where, previous);
    if (type === 'DELETED') {
      table.objects.delete(where);
      this.#uids.delete(object.metadata.uid!);
    } else {
      table.objects.set(where, object);
      this.#uids.set(object.metadata.uid!, object);
      this.#owners.add(table.definition.key, where, object);
    }
    table.lists = new Map();
    const event: StoreEvent = previous === undefined ? { type, object } : { type, object, previous };
    const change: Change = {
      ...event,
      revision: this.#revision,
      resource: table.definition.key,
      atMs: this.simulation.nowMs,
    };
    this.#history.add(change);
    table.subscribers.tell(event);
    for (const listener of [...this.#listeners]) listener(change);
    for (let act = this.#afterCommit.shift(); act !== undefined; act = this.#afterCommit.shift()) act();
    return object;
  }
}

/** Namespace first, then name, as etcd's keys sort. */
function byPath(a: string, b: string): number {
  return byCodeUnit(a, b);
}
