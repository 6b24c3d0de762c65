import type { KubeClient } from '../kube/client.ts';
import { isNotFound } from '../kube/errors.ts';
import type { KubeObject, ObjectRef } from '../spec/kube-types.ts';
import { retrying } from './retrying.ts';

/** The object, or null where there is none. */
export async function getOrNull(
  target: { readonly kube: KubeClient },
  ref: ObjectRef,
): Promise<KubeObject | null> {
  try {
    const object = await retrying(() => target.kube.get(ref));
    return { ...object, apiVersion: ref.apiVersion, kind: ref.kind };
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}
