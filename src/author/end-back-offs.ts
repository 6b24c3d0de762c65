import type { KubeClient } from '../kube/client.ts';
import { deleteIfThere } from '../kube/delete-if-there.ts';
import { isHeldBack } from '../kube/held-back.ts';
import { refOf } from '../kube/objects.ts';

/** Pods of one controller that are made anew; what goes on crashing is left to the kubelet. */
const mostPods = 6;

/**
 * Deletes pods that a kubelet keeps waiting because they crashed; their controllers make new ones. What an operator does
 * once the cause is mended: a back-off of up to minutes does not tell whether it is. `done` counts them by the controller's
 * uid, over all calls for one recovery.
 */
export async function endBackOffs(
  kube: KubeClient,
  namespaces: readonly string[],
  done: Map<string, number>,
): Promise<void> {
  for (const namespace of namespaces) {
    const { items } = await kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace });
    for (const pod of items) {
      const owner = pod.metadata.ownerReferences?.[0]?.uid;
      if (owner === undefined || !isHeldBack(pod, 2)) continue;
      const count = done.get(owner) ?? 0;
      if (count >= mostPods) continue;
      done.set(owner, count + 1);
      await deleteIfThere(kube, refOf(pod));
    }
  }
}
