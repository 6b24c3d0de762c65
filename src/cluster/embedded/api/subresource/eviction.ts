import { rfc3339Seconds } from '../../../../base/clock.ts';
import { KubeApiError } from '../../../../kube/errors.ts';
import { type KubeObject, refOf } from '../../../../kube/objects.ts';
import { child, isFields } from '../fields.ts';
import { type LabelSelector, matchesSelector } from '../selectors.ts';
import type { ApiStore, ApiWriteOptions } from '../store.ts';

/** Deletes a pod if its disruption budgets allow it (429 otherwise), and takes the disruption off the budget. */
export function evict(store: ApiStore, pod: KubeObject, body: unknown, options: ApiWriteOptions): void {
  const budgets = isFinished(pod) ? [] : budgetsOf(store, pod);
  if (budgets.length > 1)
    throw new KubeApiError(
      500,
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const budget = budgets[0];
  if (budget !== undefined && isReady(pod)) spend(store, budget, pod, options);
  const deleteOptions = isFields(body) ? child(body, 'deleteOptions') : undefined;
  const grace = deleteOptions?.['gracePeriodSeconds'];
  store.remove(refOf(pod), {
    ...options,
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
  });
}

function isFinished(pod: KubeObject): boolean {
  const phase = child(pod, 'status')?.['phase'];
  return (
    phase === 'Succeeded' ||
    phase === 'Failed' ||
    phase === 'Pending' ||
    pod.metadata.deletionTimestamp !== undefined
  );
}

function isReady(pod: KubeObject): boolean {
  const conditions = (child(pod, 'status')?.['conditions'] ?? []) as { type: string; status: string }[];
  return conditions.some((c) => c.type === 'Ready' && c.status === 'True');
}

function budgetsOf(store: ApiStore, pod: KubeObject): readonly KubeObject[] {
  return store
    .list('poddisruptionbudgets.policy', pod.metadata.namespace)
    .filter((b) =>
      matchesSelector(child(b, 'spec')?.['selector'] as LabelSelector | undefined, pod.metadata.labels),
    );
}

function spend(store: ApiStore, budget: KubeObject, pod: KubeObject, options: ApiWriteOptions): void {
  const status = child(budget, 'status') ?? {};
  const allowed = Number(status['disruptionsAllowed'] ?? 0);
  if (allowed <= 0)
    throw new KubeApiError(
      429,
      'TooManyRequests',
      "Cannot evict pod as it would violate the pod's disruption budget.",
      {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: `The disruption budget ${budget.metadata.name} needs ${String(status['desiredHealthy'] ?? 0)} healthy pods and has ${String(status['currentHealthy'] ?? 0)} currently`,
          },
        ],
      },
    );
  store.updateStatus(
    {
      ...budget,
      status: {
        ...status,
        disruptionsAllowed: allowed - 1,
        disruptedPods: {
          ...child(status, 'disruptedPods'),
          [pod.metadata.name]: rfc3339Seconds(store.simulation.nowMs),
        },
      },
    },
    options,
  );
}
