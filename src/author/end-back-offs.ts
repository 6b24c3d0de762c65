import type { KubeClient } from '../kube/client.ts';
import { isNotFound } from '../kube/errors.ts';
import { isHeldBack } from '../kube/held-back.ts';
import { type KubeObject, refOf } from '../kube/objects.ts';

/**
 * Deletes pods that a kubelet keeps waiting because they crashed so often; their controllers make new ones. What an
 * operator does once the cause is mended: a back-off of minutes does not tell whether it is. Once for every controller
 * (`done`, by uid): what goes on crashing is left to the kubelet.
 */
export async function endBackOffs(
  kube: KubeClient,
  namespaces: readonly string[],
  done: Set<string>,
): Promise<void> {
  for (const namespace of namespaces) {
    const { items } = await kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace });
    const wanted = items.filter((pod) => {
      const owner = ownerOf(pod);
      return isHeldBack(pod) && owner !== undefined && !done.has(owner);
    });
    for (const pod of wanted) {
      done.add(ownerOf(pod) ?? '');
      await kube.delete({ ...refOf(pod), apiVersion: 'v1', kind: 'Pod' }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }
}

function ownerOf({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.[0]?.uid;
}
