import { entityName } from '../spec/entity-name.ts';
import type { KubeObject } from '../spec/kube-types.ts';

export { entityName } from '../spec/entity-name.ts';

/** An object by kind and name; `namespace` undefined for cluster-scoped kinds. */
export interface EntityRef {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Reads a canonical name `namespace/Kind/name`; `undefined` if it is none. For what people write: the resolver. */
export function parseEntityName(text: string): EntityRef | undefined {
  const parts = text.split('/');
  const [namespace, kind, name] = parts;
  if (parts.length !== 3 || !namespace || !kind || !name) return undefined;
  return { kind, name, namespace: namespace === 'cluster' ? undefined : namespace };
}

/** The name of an object. */
export function nameOfObject(object: KubeObject): string {
  return entityName({ kind: object.kind, name: object.metadata.name, namespace: object.metadata.namespace });
}
