import type { KubeObject, ObjectRef } from '../spec/kube-types.ts';

export type { KubeObject, ObjectMeta, ObjectRef, OwnerReference } from '../spec/kube-types.ts';

export function refOf(object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
  };
}
