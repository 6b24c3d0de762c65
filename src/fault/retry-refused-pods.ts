import { setTimeout as sleep } from 'node:timers/promises';
import { jsonEqual } from '../base/json.ts';
import type { ObjectRef } from '../spec/kube-types.ts';
import type { InjectionTarget } from './injection-target.ts';
import { isRecord, numberAt } from './json-access.ts';
import { retrying } from './retrying.ts';

const kinds = ['ReplicaSet', 'StatefulSet'] as const;
const annotation = 'kubernetes.io/change-cause';
/** Admission hears of a raised quota a moment after its status says so. */
const tries = 5;

/**
 * Makes the controllers of a namespace's workloads that lack pods try again now, until they have them or have been asked
 * some times. A controller whose pods were refused waits longer and longer, up to a quarter of an hour, and a quota that
 * was raised again does not wake it; a change of its object does. An annotation is set and taken away, so nothing is left
 * of it.
 */
export async function retryRefusedPods(
  target: Pick<InjectionTarget, 'kube' | 'clock'>,
  namespace: string,
): Promise<void> {
  // what is refused once more only makes the controller wait longer
  for (let second = 0; second < 10 && (await hasNewQuota(target, namespace)); second++)
    if (!(await passes(target, 1000))) break;
  for (let attempt = 1; attempt <= tries; attempt++) {
    const lacking = await workloadsThatLackPods(target, namespace);
    for (const { ref, before } of lacking)
      for (const value of [`${before ?? ''} `, before])
        await retrying(() =>
          target.kube.patch(ref, 'merge', { metadata: { annotations: { [annotation]: value } } }),
        );
    if (lacking.length === 0 || !(await passes(target, 500 * attempt))) return;
  }
}

/** Whether the quota controller has yet to see a change; admission goes by what it saw. */
async function hasNewQuota({ kube }: Pick<InjectionTarget, 'kube'>, namespace: string): Promise<boolean> {
  const { items } = await kube.list({ apiVersion: 'v1', kind: 'ResourceQuota' }, { namespace });
  return items.some(({ spec, status }) => !jsonEqual(hardOf(spec), hardOf(status)));
}

function hardOf(part: unknown): unknown {
  return isRecord(part) ? part['hard'] : undefined;
}

async function workloadsThatLackPods(
  { kube }: Pick<InjectionTarget, 'kube'>,
  namespace: string,
): Promise<readonly { readonly ref: ObjectRef; readonly before: string | null }[]> {
  const found = [];
  for (const kind of kinds) {
    const { items } = await kube.list({ apiVersion: 'apps/v1', kind }, { namespace });
    for (const { metadata, ...object } of items) {
      const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
      if ((numberAt(object, 'status', 'replicas') ?? 0) >= wanted) continue;
      const ref = { apiVersion: 'apps/v1', kind, namespace, name: metadata.name };
      found.push({ ref, before: metadata.annotations?.[annotation] ?? null });
    }
  }
  return found;
}

/** Waits; false where the cluster's time does not pass by itself, so that waiting changes nothing. */
async function passes({ clock }: Pick<InjectionTarget, 'clock'>, ms: number): Promise<boolean> {
  const before = clock.nowMs();
  await sleep(Math.min(ms, 20));
  if (clock.nowMs() === before) return false;
  await sleep(Math.max(0, ms - 20));
  return true;
}
