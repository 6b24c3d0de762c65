import { KubeApiError } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/objects.ts';
import type { ApiRequest, WatchFrame, WatchStream } from './api-request.ts';
import { representationFor } from './representation.ts';
import type { ResourceDefinition } from './resources.ts';
import { type Predicate, parseFieldSelector, parseLabelSelector } from './selectors.ts';
import { badRequest } from './status-error.ts';
import type { ApiStore, Change } from './store.ts';

/** Whether an object is in what a list or watch asks for. */
export function selection(request: ApiRequest, definition: ResourceDefinition): Predicate {
  const labels = parseLabelSelector(request.query['labelSelector']);
  const fields = parseFieldSelector(definition.key, request.query['fieldSelector']);
  return (object) => labels(object.metadata.labels ?? {}) && fields(object);
}

/**
 * A watch from `resourceVersion` (410 if its changes are no longer kept), or from a snapshot of what is there when none
 * is given. An object that starts or stops to match the selectors is reported as added or deleted.
 */
export function openWatch(
  store: ApiStore,
  request: ApiRequest,
  definition: ResourceDefinition,
  namespace: string | undefined,
): WatchStream {
  if (request.query['sendInitialEvents'] !== undefined)
    throw new KubeApiError(
      422,
      'Invalid',
      'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    );
  const matches = selection(request, definition);
  const isWanted = (object: KubeObject) =>
    (namespace === undefined || object.metadata.namespace === namespace) && matches(object);
  const from = request.query['resourceVersion'];
  const frameOf = (type: WatchFrame['type'], object: KubeObject, atMs: number): WatchFrame => ({
    type,
    object: representationFor(request, definition, store.simulation.nowMs).object(object),
    atMs,
  });
  const frameFor = (change: Change, atMs: number): WatchFrame | undefined => {
    const is = change.type !== 'DELETED' && isWanted(change.object);
    const was = change.previous !== undefined && isWanted(change.previous);
    if (is) return frameOf(was ? 'MODIFIED' : 'ADDED', change.object, atMs);
    return was
      ? frameOf(
          'DELETED',
          withVersion(change.type === 'DELETED' ? change.object : change.previous!, change.object),
          atMs,
        )
      : undefined;
  };

  const backlog: WatchFrame[] = [];
  if (from === undefined || from === '' || from === '0') {
    for (const object of store.list(definition.key, namespace))
      if (isWanted(object)) backlog.push(frameOf('ADDED', object, store.simulation.nowMs));
  } else {
    if (!/^\d+$/.test(from))
      throw badRequest(`Invalid value: "${from}": strconv.ParseUint: parsing "${from}": invalid syntax`);
    for (const change of store.changesSince(Number(from), definition.key)) {
      const frame = frameFor(change, change.atMs);
      if (frame !== undefined) backlog.push(frame);
    }
  }
  let push: ((frame: WatchFrame) => void) | undefined;
  const stop = store.onCommit((change) => {
    if (change.resource !== definition.key) return;
    const frame = frameFor(change, change.atMs);
    if (frame === undefined) return;
    if (push === undefined) backlog.push(frame);
    else push(frame);
  });
  return {
    wantsBookmarks: request.query['allowWatchBookmarks'] === 'true',
    start(receiver) {
      for (const frame of backlog.splice(0)) receiver(frame);
      push = receiver;
      return stop;
    },
    bookmark: () => ({
      type: 'BOOKMARK',
      object: {
        kind: definition.kind,
        apiVersion: definition.apiVersion,
        metadata: { resourceVersion: store.resourceVersion, creationTimestamp: null },
      },
      atMs: store.simulation.nowMs,
    }),
  };
}

function withVersion(object: KubeObject, from: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: from.metadata.resourceVersion! } };
}
