import { CulpritError } from '../../../base/errors.ts';
import { jsonEqual } from '../../../base/json.ts';
import { byCodeUnit } from '../../../base/order.ts';
import { withCondition, withoutCondition } from './conditions.ts';
import { type ControlContext, controllerManager, stamp } from './control-context.ts';
import { keyOf, type Pod, type ReplicaSet, resource, splitKey } from './kinds.ts';
import {
  createPod,
  deletePod,
  isPodActive,
  isPodReady,
  nameSuffix,
  ownerKey,
  podsOf,
  untilAvailableMs,
} from './pods.ts';
import { WorkQueue } from './work-queue.ts';

const source = { component: 'replicaset-controller' };

/** Keeps the number of pods of each ReplicaSet as its spec wants it. */
export function startReplicaSetController(context: ControlContext): void {
  const { store } = context;
  const queue = new WorkQueue(context, 'replicaset', reconcile);
  /** How many pods were tried for each ReplicaSet (by uid): the identity of the next one. */
  const ordinals = new Map<string, number>();

  store.subscribe(resource.replicaSets, (event) => queue.add(keyOf(event.object)), { replay: true });
  store.subscribe(
    resource.pods,
    ({ object }) => {
      const owner = ownerKey(object, 'ReplicaSet');
      if (owner !== undefined) queue.add(owner);
    },
    { replay: true },
  );

  function reconcile(key: string): void {
    const [namespace, name] = splitKey(key);
    const replicaSet = store.get(resource.replicaSets, namespace, name) as ReplicaSet | undefined;
    if (replicaSet === undefined || replicaSet.metadata.deletionTimestamp !== undefined) return;
    const active = podsOf(context, replicaSet).filter(isPodActive);
    const failure = manageReplicas(replicaSet, active);
    updateStatus(replicaSet, failure);
    if (failure === undefined) queue.forget(key);
    else queue.retry(key);
  }

  function manageReplicas(replicaSet: ReplicaSet, active: readonly Pod[]): CulpritError | undefined {
    const wanted = replicaSet.spec.replicas ?? 1;
    if (active.length < wanted) return createPods(replicaSet, wanted - active.length);
    for (const pod of scaleDownOrder(active).slice(0, active.length - wanted)) {
      deletePod(context, pod);
      context.events.record(
        replicaSet,
        'Normal',
        'SuccessfulDelete',
        `Deleted pod: ${pod.metadata.name}`,
        source,
      );
    }
    return undefined;
  }

  /** In batches of 1, 2, 4, …: the first failure ends the attempt, so that a full quota is not hammered. */
  function createPods(replicaSet: ReplicaSet, missing: number): CulpritError | undefined {
    for (let done = 0, batch = 1; done < missing; done += batch, batch *= 2) {
      let failure: CulpritError | undefined;
      for (let i = 0; i < Math.min(batch, missing - done); i++) failure = createOne(replicaSet) ?? failure;
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  function createOne(replicaSet: ReplicaSet): CulpritError | undefined {
    const uid = replicaSet.metadata.uid ?? '';
    const ordinal = ordinals.get(uid) ?? 0;
    ordinals.set(uid, ordinal + 1);
    const generateName = `${replicaSet.metadata.name}-`;
    const name = generateName + nameSuffix(context, 'pod', keyOf(replicaSet), ordinal);
    try {
      createPod(context, replicaSet, replicaSet.spec.template, { name, generateName });
    } catch (error) {
      if (!CulpritError.isInstance(error)) throw error;
      context.events.record(
        replicaSet,
        'Warning',
        'FailedCreate',
        `Error creating: ${error.message}`,
        source,
      );
      return error;
    }
    context.events.record(replicaSet, 'Normal', 'SuccessfulCreate', `Created pod: ${name}`, source);
    return undefined;
  }

  function updateStatus(read: ReplicaSet, failure: CulpritError | undefined): void {
    const replicaSet = store.get(resource.replicaSets, read.metadata.namespace, read.metadata.name) as
      | ReplicaSet
      | undefined;
    if (replicaSet === undefined) return;
    const minReadySeconds = replicaSet.spec.minReadySeconds ?? 0;
    const labels = replicaSet.spec.template.metadata?.labels ?? {};
    let replicas = 0;
    let labelled = 0;
    let ready = 0;
    let available = 0;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const pod of podsOf(context, replicaSet)) {
      if (!isPodActive(pod)) continue;
      replicas++;
      if (Object.keys(labels).every((label) => pod.metadata.labels?.[label] === labels[label])) labelled++;
      if (!isPodReady(pod)) continue;
      ready++;
      const leftMs = untilAvailableMs(context, pod, minReadySeconds);
      if (leftMs === 0) available++;
      else if (leftMs !== undefined) nextMs = Math.min(nextMs, leftMs);
    }
    if (nextMs !== Number.POSITIVE_INFINITY) queue.addAfter(keyOf(replicaSet), nextMs);

    const before = replicaSet.status?.conditions ?? [];
    const conditions =
      failure === undefined
        ? withoutCondition(before, 'ReplicaFailure')
        : withCondition(before, {
            type: 'ReplicaFailure',
            status: 'True',
            lastTransitionTime: stamp(context, replicaSet),
            reason: 'FailedCreate',
            message: failure.message,
          });
    const status = {
      replicas,
      ...(labelled > 0 ? { fullyLabeledReplicas: labelled } : {}),
      ...(ready > 0 ? { readyReplicas: ready } : {}),
      ...(available > 0 ? { availableReplicas: available } : {}),
      ...(replicaSet.metadata.generation === undefined
        ? {}
        : { observedGeneration: replicaSet.metadata.generation }),
      ...(conditions.length > 0 ? { conditions } : {}),
    };
    if (!jsonEqual(replicaSet.status ?? {}, status))
      store.updateStatus({ ...replicaSet, status }, controllerManager);
  }
}

/** Pods in the order in which Kubernetes gives them up: unassigned, not running, not ready, crowded nodes, youngest. */
function scaleDownOrder(pods: readonly Pod[]): Pod[] {
  const perNode = new Map<string, number>();
  for (const { spec } of pods) perNode.set(spec.nodeName ?? '', (perNode.get(spec.nodeName ?? '') ?? 0) + 1);
  const phaseRank = { Pending: 0, Unknown: 1, Running: 2, Succeeded: 3, Failed: 3 };
  const rank = (pod: Pod): readonly number[] => [
    pod.spec.nodeName === undefined ? 0 : 1,
    phaseRank[pod.status?.phase ?? 'Pending'],
    isPodReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0),
    -(perNode.get(pod.spec.nodeName ?? '') ?? 0),
    -readySince(pod),
    -Math.max(0, ...(pod.status?.containerStatuses ?? []).map((container) => container.restartCount)),
    -Date.parse(pod.metadata.creationTimestamp ?? ''),
  ];
  return pods
    .map((pod) => ({ pod, rank: rank(pod) }))
    .sort((a, b) => {
      for (let i = 0; i < a.rank.length; i++) {
        const order = a.rank[i]! - b.rank[i]!;
        if (order !== 0 && !Number.isNaN(order)) return order;
      }
      return byCodeUnit(a.pod.metadata.uid ?? '', b.pod.metadata.uid ?? '');
    })
    .map(({ pod }) => pod);
}

/** Age groups as Kubernetes uses: powers of two, so that pods of about the same age count as equal. */
function readySince(pod: Pod): number {
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready');
  if (ready?.status !== 'True') return 0;
  return Date.parse(ready.lastTransitionTime ?? '');
}
