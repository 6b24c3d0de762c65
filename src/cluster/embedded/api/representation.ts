import type { KubeObject } from '../../../kube/objects.ts';
import type { ApiRequest } from './api-request.ts';
import type { ResourceDefinition } from './resources.ts';
import { type IncludeObject, tableOf } from './tables/table.ts';

/** How the caller wants objects: as they are, as a Table, or as metadata only. */
export interface Representation {
  object(object: KubeObject): unknown;
  list(objects: readonly KubeObject[], metadata: Record<string, unknown>): unknown;
}

/** Reads the `Accept` header; unknown media types mean JSON. */
export function representationFor(
  request: ApiRequest,
  definition: ResourceDefinition,
  nowMs: number,
): Representation {
  const wanted =
    (request.accept ?? '')
      .split(',')
      .map((p) => p.trim())
      .find((p) => p.startsWith('application/json') || p === '*/*') ?? '';
  if (wanted.includes('as=Table')) {
    const includeObject = (request.query['includeObject'] ?? 'Metadata') as IncludeObject;
    const table = (objects: readonly KubeObject[], metadata: Record<string, unknown>) =>
      tableOf({ definition, objects, metadata, nowMs, includeObject });
    return {
      object: (object) => table([object], { resourceVersion: object.metadata.resourceVersion }),
      list: table,
    };
  }
  if (wanted.includes('as=PartialObjectMetadata')) {
    const partial = (object: KubeObject) => ({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: object.metadata,
    });
    return {
      object: partial,
      list: (objects, metadata) => ({
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        items: objects.map(partial),
      }),
    };
  }
  return {
    object: (object) => object,
    list: (objects, metadata) => ({
      kind: `${definition.kind}List`,
      apiVersion: definition.apiVersion,
      metadata,
      items: objects,
    }),
  };
}
