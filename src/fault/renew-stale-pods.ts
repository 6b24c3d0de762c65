import { isNotFound } from '../kube/errors.ts';
import { entityName } from '../spec/entity-name.ts';
import type { ObjectRef } from '../spec/kube-types.ts';
import type { InjectionTarget } from './injection-target.ts';
import type { IntentRecord } from './journal.ts';
import { podsOf } from './owned-pods.ts';
import { retrying } from './retrying.ts';

/**
 * Replaces pods that started with a ConfigMap or Secret which has been put back since: they read it at their start, so
 * they would keep what it said. Only pods of workloads whose pods the same entry replaced, and only those made since;
 * a restart by a rollout needs no help, for undoing it is another one.
 */
export async function renewStalePods(
  intents: readonly IntentRecord[],
  { kube }: Pick<InjectionTarget, 'kube'>,
): Promise<void> {
  const configured = new Set(
    intents.flatMap(({ operation: { origin, action } }) =>
      action.verb === 'patch' && ['ConfigMap', 'Secret'].includes(action.target.kind) ? [origin.id] : [],
    ),
  );
  const since = new Map<string, { readonly owner: ObjectRef; readonly timeMs: number }>();
  for (const { operation, timeMs } of intents) {
    const { action, origin } = operation;
    if (action.verb !== 'delete-pods' || !configured.has(origin.id)) continue;
    const known = since.get(entityName(action.owner));
    since.set(entityName(action.owner), {
      owner: action.owner,
      timeMs: Math.min(timeMs, known?.timeMs ?? timeMs),
    });
  }
  for (const { owner, timeMs } of since.values()) {
    // the API tells whole seconds
    const sinceMs = Math.floor(timeMs / 1000) * 1000;
    for (const { metadata } of await podsOf(kube, owner)) {
      if (Date.parse(metadata.creationTimestamp ?? '') < sinceMs) continue;
      const { namespace, name } = metadata;
      const pod: ObjectRef = {
        apiVersion: 'v1',
        kind: 'Pod',
        ...(namespace === undefined ? {} : { namespace }),
        name,
      };
      await retrying(() => kube.delete(pod)).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }
}
