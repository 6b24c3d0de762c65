import type { ObjectRef } from '../spec/kube-types.ts';
import type { KubeClient } from './client.ts';
import { isNotFound } from './errors.ts';

/** Deletes an object; that it is gone already is no error. */
export async function deleteIfThere(
  kube: Pick<KubeClient, 'delete'>,
  ref: ObjectRef,
  options?: Parameters<KubeClient['delete']>[1],
): Promise<void> {
  try {
    await kube.delete(ref, options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
