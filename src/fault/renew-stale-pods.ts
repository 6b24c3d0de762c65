import { deleteIfThere } from '../kube/delete-if-there.ts';
import { entityName } from '../spec/entity-name.ts';
import type { ObjectRef } from '../spec/kube-types.ts';
import type { Operation } from '../spec/plan.ts';
import type { InjectionTarget } from './injection-target.ts';
import type { IntentRecord } from './journal.ts';
import { isRestart } from './operations.ts';
import { podsOf } from './owned-pods.ts';
import { retrying } from './retrying.ts';

/**
 * Replaces pods that started with a ConfigMap or Secret which has been put back since: they read it at their start, so
 * they would keep what it said. Only pods of workloads whose pods the same entry replaced, and only those made since;
 * a restart by a rollout needs no help where it was undone just now (`undoing`), for that is another one. Undone earlier, it
 * brought pods that read what had not been put back yet.
 */
export async function renewStalePods(
  intents: readonly IntentRecord[],
  undoing: ReadonlySet<string>,
  { kube }: Pick<InjectionTarget, 'kube'>,
): Promise<void> {
  const configured = new Set(
    intents.flatMap(({ operation: { origin, action } }) =>
      action.verb === 'patch' && ['ConfigMap', 'Secret'].includes(action.target.kind) ? [origin.id] : [],
    ),
  );
  const since = new Map<string, { readonly owner: ObjectRef; readonly timeMs: number }>();
  for (const { operation, timeMs } of intents) {
    const owner = configured.has(operation.origin.id) ? replacedOwner(operation, undoing) : undefined;
    if (owner === undefined) continue;
    const known = since.get(entityName(owner));
    since.set(entityName(owner), { owner, timeMs: Math.min(timeMs, known?.timeMs ?? timeMs) });
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
      await retrying(() => deleteIfThere(kube, pod));
    }
  }
}

/** Whose pods an operation replaced without replacing them again when it was undone. */
function replacedOwner({ id, action }: Operation, undoing: ReadonlySet<string>): ObjectRef | undefined {
  if (action.verb === 'delete-pods') return action.owner;
  return action.verb === 'patch' && isRestart(action.body) && !undoing.has(id) ? action.target : undefined;
}
