import { jsonEqual } from '../../../base/json.ts';
import { matchesSelector } from '../api/selectors.ts';
import { conditionOf } from './conditions.ts';
import { type ControlContext, controllerManager, stamp } from './control-context.ts';
import {
  controllerOf,
  type KubeObject,
  keyOf,
  type LabelSelector,
  type Pod,
  resource,
  splitKey,
} from './kinds.ts';
import { isPodActive, isPodReady } from './pods.ts';
import { WorkQueue } from './work-queue.ts';

const source = { component: 'controllermanager' };

interface Budget extends KubeObject {
  spec: { selector?: LabelSelector; minAvailable?: number | string; maxUnavailable?: number | string };
  status?: Record<string, unknown> & { conditions?: [] };
}

/** Keeps the status of PodDisruptionBudgets: how many pods there are, and how many may go. */
export function startDisruptionController(context: ControlContext): void {
  const { store } = context;
  const queue = new WorkQueue(context, 'disruption', reconcile);
  store.subscribe(resource.podDisruptionBudgets, (event) => queue.add(keyOf(event.object)), { replay: true });
  store.subscribe(resource.pods, ({ type, object, previous }) => {
    const pod = object as Pod;
    const before = previous as Pod | undefined;
    if (
      type === 'MODIFIED' &&
      before !== undefined &&
      isPodReady(before) === isPodReady(pod) &&
      isPodActive(before) === isPodActive(pod)
    )
      return;
    for (const budget of store.list(
      resource.podDisruptionBudgets,
      pod.metadata.namespace,
    ) as readonly Budget[])
      if (matchesSelector(budget.spec.selector, pod.metadata.labels)) queue.add(keyOf(budget));
  });

  function reconcile(key: string): void {
    const budget = store.get(resource.podDisruptionBudgets, ...splitKey(key)) as Budget | undefined;
    if (budget === undefined) return;
    const selected = (store.list(resource.pods, budget.metadata.namespace) as readonly Pod[]).filter((pod) =>
      matchesSelector(budget.spec.selector, pod.metadata.labels),
    );
    if (selected.length === 0)
      context.events.record(budget, 'Normal', 'NoPods', 'No matching pods found', source);
    const pods = selected.filter(isPodActive);
    const expected =
      budget.spec.maxUnavailable === undefined && typeof budget.spec.minAvailable === 'number'
        ? pods.length
        : wantedReplicas(pods);
    const healthy = pods.filter(isPodReady).length;
    const needed =
      budget.spec.maxUnavailable === undefined
        ? share(budget.spec.minAvailable ?? 1, expected)
        : Math.max(0, expected - share(budget.spec.maxUnavailable, expected));
    const allowed = expected === 0 ? 0 : Math.max(0, healthy - needed);
    const now = stamp(context, budget);
    const before = conditionOf(budget.status?.conditions, 'DisruptionAllowed');
    const status = allowed > 0 ? ('True' as const) : ('False' as const);
    const condition = {
      type: 'DisruptionAllowed',
      status,
      observedGeneration: budget.metadata.generation ?? 1,
      lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? now) : now,
      reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      message: '',
    };
    const next = {
      observedGeneration: budget.metadata.generation ?? 1,
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: needed,
      expectedPods: expected,
      conditions: [condition],
    };
    if (!jsonEqual(budget.status ?? {}, next))
      store.updateStatus({ ...budget, status: next }, controllerManager);
  }

  /** Replicas that the owners of the pods want. */
  function wantedReplicas(pods: readonly Pod[]): number {
    let sum = 0;
    const seen = new Set<string>();
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (owner === undefined || seen.has(owner.uid)) continue;
      seen.add(owner.uid);
      const key =
        owner.kind === 'ReplicaSet'
          ? resource.replicaSets
          : owner.kind === 'StatefulSet'
            ? resource.statefulSets
            : undefined;
      const object = key === undefined ? undefined : store.get(key, pod.metadata.namespace, owner.name);
      sum += (object?.['spec'] as { replicas?: number } | undefined)?.replicas ?? 0;
    }
    return sum;
  }
}

function share(value: number | string, total: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) * total) / 100);
}
