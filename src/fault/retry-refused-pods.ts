import type { InjectionTarget } from './injection-target.ts';
import { numberAt } from './json-access.ts';
import { retrying } from './retrying.ts';

const kinds = ['ReplicaSet', 'StatefulSet'] as const;
const annotation = 'kubernetes.io/change-cause';

/**
 * Makes the controllers of a namespace's workloads that lack pods try again now. A controller whose pods were refused
 * waits longer and longer, up to a quarter of an hour, and a quota that was raised again does not wake it; a change of
 * its object does. An annotation is set and taken away, so nothing is left of it.
 */
export async function retryRefusedPods(target: InjectionTarget, namespace: string): Promise<void> {
  for (const kind of kinds) {
    const { items } = await target.kube.list({ apiVersion: 'apps/v1', kind }, { namespace });
    for (const { metadata, ...object } of items) {
      const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
      if ((numberAt(object, 'status', 'replicas') ?? 0) >= wanted) continue;
      const ref = { apiVersion: 'apps/v1', kind, namespace, name: metadata.name };
      const before = metadata.annotations?.[annotation] ?? null;
      for (const value of [`${before ?? ''} `, before])
        await retrying(() =>
          target.kube.patch(ref, 'merge', { metadata: { annotations: { [annotation]: value } } }),
        );
    }
  }
}
