import { Buffer } from 'node:buffer';
import { KubeApiError } from '../../../kube/errors.ts';
import { type KubeObject, refOf } from '../../../kube/objects.ts';
import { type ApiAnswer, type ApiRequest, ok } from './api-request.ts';
import { child, isFields } from './fields.ts';
import { thawed } from './frozen.ts';
import { applyPatch, patchTypes } from './patch/apply-patch.ts';
import type { LogReader } from './readers.ts';
import { representationFor } from './representation.ts';
import type { ResourceDefinition } from './resources.ts';
import { unknownFields, withoutUnknownFields } from './schema/check-fields.ts';
import { badRequest, notFound } from './status-error.ts';
import type { ApiStore, ApiWriteOptions, RemoveOptions } from './store.ts';
import { evict } from './subresource/eviction.ts';
import { podLog } from './subresource/pod-log.ts';
import { scaleOf, withScale } from './subresource/scale.ts';
import { openWatch, selection } from './watch.ts';

/** What a resource path names. */
export interface Target {
  readonly definition: ResourceDefinition;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

export interface Backend {
  readonly store: ApiStore;
  readonly logs: LogReader;
}

/** Answers a request for a stored resource; errors are KubeApiError. */
export function answerResource(backend: Backend, request: ApiRequest, target: Target): ApiAnswer {
  if (target.subresource !== undefined) return answerSubresource(backend, request, target);
  const { store } = backend;
  if (target.name === undefined) {
    if (request.method === 'GET')
      return request.query['watch'] === 'true' || request.query['watch'] === '1'
        ? watch(store, request, target)
        : list(store, request, target);
    if (request.method === 'POST') return create(store, request, target);
    if (request.method === 'DELETE') return deleteAll(store, request, target);
    throw methodNotAllowed();
  }
  switch (request.method) {
    case 'GET':
      return one(store, request, target, find(store, target));
    case 'PUT':
      return replace(store, request, target);
    case 'PATCH':
      return patch(store, request, target);
    case 'DELETE':
      return remove(store, request, target);
    default:
      throw methodNotAllowed();
  }
}

function methodNotAllowed(): KubeApiError {
  return new KubeApiError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
  );
}

function find(store: ApiStore, { definition, namespace, name = '' }: Target): KubeObject {
  const object = store.get(definition.key, namespace, name);
  if (object === undefined) throw notFound(definition, name);
  return object;
}

function one(
  store: ApiStore,
  request: ApiRequest,
  { definition }: Target,
  object: KubeObject,
  status = 200,
  headers?: Record<string, string>,
): ApiAnswer {
  const body = representationFor(request, definition, store.simulation.nowMs).object(object);
  return headers === undefined ? { status, body } : { status, body, headers };
}

/** Name of the writer, as managedFields records it: `fieldManager`, else the program in the user agent. */
export function writeOptions(request: ApiRequest): ApiWriteOptions {
  const manager =
    request.query['fieldManager'] || (request.userAgent ?? '').split('/')[0]!.trim() || 'unknown';
  const dryRun = request.query['dryRun'];
  if (dryRun !== undefined && dryRun !== '' && dryRun !== 'All')
    throw badRequest(`Invalid value: "${dryRun}": supported values: "All"`);
  return { manager, dryRun: dryRun === 'All' };
}

/** Decodes a body: kind and version must fit the path; unknown fields are refused, or warned about and dropped. */
function decode(
  request: ApiRequest,
  { definition, namespace, name }: Target,
): { object: KubeObject; headers?: Record<string, string> } {
  if (!isFields(request.body)) throw badRequest('the body of the request is not a JSON object');
  const body = thawed(request.body) as unknown as KubeObject;
  const kind = body.kind ?? definition.kind;
  const apiVersion = body.apiVersion ?? definition.apiVersion;
  if (kind !== definition.kind || apiVersion !== definition.apiVersion)
    throw badRequest(
      `${kind} in version "${apiVersion}" cannot be handled as a ${definition.kind}: no kind "${kind}" is registered for version "${apiVersion}"`,
    );
  const metadata = isFields(body.metadata) ? body.metadata : { name: '' };
  if (namespace !== undefined && metadata.namespace !== undefined && metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (name !== undefined && metadata.name !== name)
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  const object: KubeObject = {
    ...body,
    apiVersion,
    kind,
    metadata: { ...metadata, ...(namespace === undefined ? {} : { namespace }) },
  };
  return checkUnknown(request, object);
}

function checkUnknown(
  request: ApiRequest,
  object: KubeObject,
): { object: KubeObject; headers?: Record<string, string> } {
  const unknown = unknownFields(object);
  if (unknown.length === 0) return { object };
  const mode = request.query['fieldValidation'] ?? 'Warn';
  if (mode === 'Strict')
    throw badRequest(
      `${object.kind} in version "${object.apiVersion.split('/').at(-1)}" cannot be handled as a ${object.kind}: strict decoding error: ${unknown.join(', ')}`,
    );
  const stripped = withoutUnknownFields(object);
  return mode === 'Ignore'
    ? { object: stripped }
    : { object: stripped, headers: { warning: unknown.map((u) => `299 - ${JSON.stringify(u)}`).join(', ') } };
}

function create(store: ApiStore, request: ApiRequest, target: Target): ApiAnswer {
  const { object, headers } = decode(request, target);
  return one(store, request, target, store.create(object, writeOptions(request)), 201, headers);
}

function replace(store: ApiStore, request: ApiRequest, target: Target): ApiAnswer {
  const { object, headers } = decode(request, target);
  return one(store, request, target, store.update(object, writeOptions(request)), 200, headers);
}

function patch(store: ApiStore, request: ApiRequest, target: Target): ApiAnswer {
  const { definition, namespace, name = '' } = target;
  const type = request.contentType ?? '';
  const isApply = type.startsWith(patchTypes.apply);
  const options = { ...writeOptions(request), operation: isApply ? ('Apply' as const) : ('Update' as const) };
  const current = store.get(definition.key, namespace, name);
  if (isApply && !request.query['fieldManager']) throw badRequest('fieldManager is required for apply patch');
  if (current === undefined && isApply) {
    const { object, headers } = decode(request, target);
    return one(store, request, target, store.create(object, options), 201, headers);
  }
  if (current === undefined) throw notFound(definition, name);
  const { object, headers } = checkUnknown(request, applyPatch(current, request.body, type));
  return one(
    store,
    request,
    target,
    store.update(withVersionOnlyIfPatched(object, current, request.body), options),
    200,
    headers,
  );
}

/** A patch states a precondition only by naming resourceVersion itself. */
function withVersionOnlyIfPatched(object: KubeObject, current: KubeObject, body: unknown): KubeObject {
  const stated = isFields(body) && child(body, 'metadata')?.['resourceVersion'] !== undefined;
  if (stated || object.metadata.resourceVersion !== current.metadata.resourceVersion) return object;
  const { resourceVersion: _same, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function removeOptions(request: ApiRequest): RemoveOptions {
  const body = isFields(request.body) ? request.body : {};
  const grace =
    body['gracePeriodSeconds'] ??
    (request.query['gracePeriodSeconds'] === undefined
      ? undefined
      : Number(request.query['gracePeriodSeconds']));
  const propagation =
    body['propagationPolicy'] ??
    request.query['propagationPolicy'] ??
    (body['orphanDependents'] === true ? 'Orphan' : undefined);
  const preconditions = child(body, 'preconditions') as
    | { uid?: string; resourceVersion?: string }
    | undefined;
  const dry = Array.isArray(body['dryRun']) && body['dryRun'].includes('All');
  const options = writeOptions(request);
  return {
    ...options,
    dryRun: options.dryRun === true || dry,
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(typeof propagation === 'string' ? { propagationPolicy: propagation } : {}),
    ...(preconditions === undefined ? {} : { preconditions }),
  };
}

function remove(store: ApiStore, request: ApiRequest, target: Target): ApiAnswer {
  const { definition, namespace, name = '' } = target;
  const before = find(store, target);
  store.remove(refOf(before), removeOptions(request));
  const after = store.get(definition.key, namespace, name);
  if (after !== undefined && after.metadata.uid === before.metadata.uid)
    return one(store, request, target, after);
  return ok({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(definition.group === '' ? {} : { group: definition.group }),
      kind: definition.plural,
      uid: before.metadata.uid,
    },
  });
}

function deleteAll(store: ApiStore, request: ApiRequest, target: Target): ApiAnswer {
  const matches = selection(request, target.definition);
  const objects = store.list(target.definition.key, target.namespace).filter(matches);
  for (const object of objects) store.remove(refOf(object), removeOptions(request));
  return ok(
    representationFor(request, target.definition, store.simulation.nowMs).list(objects, {
      resourceVersion: store.resourceVersion,
    }),
  );
}

function watch(store: ApiStore, request: ApiRequest, { definition, namespace }: Target): ApiAnswer {
  return { status: 200, watch: openWatch(store, request, definition, namespace) };
}

/** Where a paged list goes on; the snapshot it pages through is found again by this token. */
interface Page {
  readonly revision: string;
  readonly start: number;
}

const snapshots = new WeakMap<ApiStore, Map<string, readonly KubeObject[]>>();
const snapshotLimit = 32;

function list(store: ApiStore, request: ApiRequest, { definition, namespace }: Target): ApiAnswer {
  const limit = Number(request.query['limit'] ?? 0);
  const kept = snapshots.get(store) ?? new Map<string, readonly KubeObject[]>();
  snapshots.set(store, kept);
  const about = `${definition.key} ${namespace ?? ''} ${request.query['labelSelector'] ?? ''} ${request.query['fieldSelector'] ?? ''}`;
  let page: Page = { revision: store.resourceVersion, start: 0 };
  let all: readonly KubeObject[];
  const token = request.query['continue'];
  if (token) {
    page = JSON.parse(Buffer.from(token, 'base64url').toString()) as Page;
    const found = kept.get(`${about} ${page.revision}`);
    if (found === undefined)
      throw new KubeApiError(
        410,
        'Expired',
        'The provided continue parameter is too old to display a consistent list result.',
      );
    all = found;
  } else {
    const matches = selection(request, definition);
    all = store.list(definition.key, namespace).filter(matches);
  }
  const end = limit > 0 ? page.start + limit : all.length;
  const metadata: Record<string, unknown> = { resourceVersion: page.revision };
  if (end < all.length) {
    kept.set(`${about} ${page.revision}`, all);
    if (kept.size > snapshotLimit) kept.delete(kept.keys().next().value!);
    metadata['continue'] = Buffer.from(
      JSON.stringify({ revision: page.revision, start: end } satisfies Page),
    ).toString('base64url');
    metadata['remainingItemCount'] = all.length - end;
  }
  return ok(
    representationFor(request, definition, store.simulation.nowMs).list(all.slice(page.start, end), metadata),
  );
}

function answerSubresource(backend: Backend, request: ApiRequest, target: Target): ApiAnswer {
  const { store, logs } = backend;
  const { definition, subresource } = target;
  const { method } = request;
  const object = find(store, target);
  const isPod = definition.key === 'pods';
  if (subresource === 'status' && definition.status) {
    if (method === 'GET') return one(store, request, target, object);
    const next =
      method === 'PATCH'
        ? applyPatch(object, request.body, request.contentType ?? '')
        : decode(request, target).object;
    if (method !== 'PATCH' && method !== 'PUT') throw methodNotAllowed();
    const isStated =
      method === 'PUT' ||
      (isFields(request.body) && child(request.body, 'metadata')?.['resourceVersion'] !== undefined);
    const { resourceVersion: _version, ...metadata } = next.metadata;
    return one(
      store,
      request,
      target,
      store.updateStatus(isStated ? next : { ...next, metadata }, writeOptions(request)),
    );
  }
  if (subresource === 'scale' && definition.scale) {
    if (method === 'GET') return ok(scaleOf(object));
    if (method !== 'PATCH' && method !== 'PUT') throw methodNotAllowed();
    const scale = method === 'PUT' ? request.body : patchScale(object, request);
    return ok(scaleOf(store.update(withScale(object, scale), writeOptions(request))));
  }
  if (isPod && subresource === 'log' && method === 'GET')
    return podLog(logs, object, request.query, () => store.simulation.nowMs);
  if (isPod && subresource === 'eviction' && method === 'POST') {
    evict(store, object, request.body, writeOptions(request));
    return ok({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
  }
  if (isPod && subresource === 'binding' && method === 'POST') {
    const node = isFields(request.body) ? child(request.body, 'target')?.['name'] : undefined;
    if (typeof node !== 'string') throw badRequest('target.name is required');
    store.update({ ...object, spec: { ...child(object, 'spec'), nodeName: node } }, writeOptions(request));
    return ok({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
  }
  throw new KubeApiError(404, 'NotFound', 'the server could not find the requested resource');
}

function patchScale(object: KubeObject, request: ApiRequest): unknown {
  const type = (request.contentType ?? '').split(';')[0];
  // a Scale has no merge keys: strategic and merge patches do the same
  return applyPatch(
    scaleOf(object),
    request.body,
    type === patchTypes.json ? patchTypes.json : patchTypes.merge,
  );
}
