import type { EntityRef } from '../entity/entity-name.ts';
import { createUniverse, type Universe } from '../entity/universe.ts';
import type { PublicBundle } from '../snapshot/public-reader.ts';
import type { KubeObject } from '../spec/kube-types.ts';

/** Everything that existed in a bundle's window, from its public part: objects, what Events are about, pods with logs. */
export async function universeOfBundle(bundle: PublicBundle): Promise<Universe> {
  const objects: KubeObject[] = [];
  // a line is checked to have what KubeObject promises; the rest of it is unknown either way
  for await (const line of bundle.objects()) objects.push(line as KubeObject);
  const mentions: EntityRef[] = [];
  for await (const { involvedObject } of bundle.events()) {
    const { kind, name, namespace } = involvedObject;
    if (kind && name) mentions.push({ kind, name, namespace: kind === 'Node' ? undefined : namespace });
  }
  for (const { namespace, pod } of await bundle.logFiles())
    mentions.push({ kind: 'Pod', name: pod, namespace });
  return createUniverse(objects, mentions);
}
