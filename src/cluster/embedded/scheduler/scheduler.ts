import { jsonEqual } from '../../../base/json.ts';
import { key as fold, unit } from '../../../base/random.ts';
import { quantityValue } from '../api/quantity.ts';
import { conditionOf } from '../controllers/conditions.ts';
import { type ControlContext, stamp } from '../controllers/control-context.ts';
import {
  type Condition,
  type KubeObject,
  keyOf,
  type Node,
  type Pod,
  resource,
  splitKey,
} from '../controllers/kinds.ts';
import { WorkQueue } from '../controllers/work-queue.ts';
import { type Refusal, refusalOf, unschedulableMessage } from './filter.ts';
import { type NodeInfo, requestsOf, snapshotNodes } from './node-info.ts';
import { matchesTerm, untoleratedTaint } from './node-match.ts';
import { crowding, termSelects } from './pod-topology.ts';

const manager = { manager: 'kube-scheduler' } as const;
const source = { component: 'default-scheduler' };
const schedulerName = 'default-scheduler';

/** Binds pods to nodes; pods that fit nowhere are tried again when something changed, with back-off. */
export function startScheduler(context: ControlContext): void {
  const { store } = context;
  const queue = new WorkQueue(context, 'scheduler', schedule, [1, 6]);
  /** Attempts of pods that are not bound yet, by uid. */
  const attempts = new Map<string, number>();
  /** Keys of pods that fit nowhere at their last attempt. */
  const unschedulable = new Set<string>();

  store.subscribe(
    resource.pods,
    ({ type, object, previous }) => {
      const pod = object as Pod;
      const key = keyOf(pod);
      const isWaiting =
        type !== 'DELETED' && pod.spec.nodeName === undefined && pod.metadata.deletionTimestamp === undefined;
      if (isWaiting && (pod.spec.schedulerName ?? schedulerName) === schedulerName) {
        if (type === 'ADDED' || (previous !== undefined && !jsonEqual((previous as Pod).spec, pod.spec)))
          queue.add(key);
        return;
      }
      unschedulable.delete(key);
      // room was made, or a pod others want to be near to came
      if (type === 'DELETED' || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') wake();
    },
    { replay: true },
  );
  store.subscribe(resource.nodes, ({ type, object, previous }) => {
    if (type !== 'MODIFIED' || previous === undefined || hasRoomChanged(previous as Node, object as Node))
      wake();
  });
  store.subscribe(resource.persistentVolumeClaims, wake);

  function wake(): void {
    for (const key of [...unschedulable].sort()) {
      const pod = store.get(resource.pods, ...splitKey(key));
      const tries = attempts.get(pod?.metadata.uid ?? '') ?? 1;
      queue.addAfter(key, Math.min(10_000, 1000 * 2 ** Math.min(tries - 1, 4)));
    }
  }

  function namespaceOf(name: string): KubeObject | undefined {
    return store.get(resource.namespaces, undefined, name);
  }

  function schedule(key: string): void {
    const pod = store.get(resource.pods, ...splitKey(key)) as Pod | undefined;
    if (pod === undefined || pod.spec.nodeName !== undefined || pod.metadata.deletionTimestamp !== undefined)
      return;
    const uid = pod.metadata.uid ?? '';
    attempts.set(uid, (attempts.get(uid) ?? 0) + 1);
    const claims = missingClaim(pod);
    if (claims !== undefined) return refuse(key, pod, claims);
    const nodes = snapshotNodes(
      store.list(resource.nodes) as readonly Node[],
      store.list(resource.pods) as readonly Pod[],
    );
    const refusals: Refusal[] = [];
    const fitting: NodeInfo[] = [];
    for (const info of nodes) {
      const refusal = refusalOf(pod, info, nodes, namespaceOf);
      if (refusal === undefined) fitting.push(info);
      else refusals.push(refusal);
    }
    if (fitting.length === 0) return refuse(key, pod, unschedulableMessage(refusals));
    bind(key, pod, best(pod, fitting, nodes));
  }

  /** Why the pod's claims keep it from being placed. */
  function missingClaim(pod: Pod): string | undefined {
    const total = store.list(resource.nodes).length;
    for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
      if (persistentVolumeClaim === undefined) continue;
      const claim = store.get(
        resource.persistentVolumeClaims,
        pod.metadata.namespace,
        persistentVolumeClaim.claimName,
      );
      const tail = `not found. preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`;
      if (claim === undefined)
        return `0/${total} nodes are available: persistentvolumeclaim "${persistentVolumeClaim.claimName}" ${tail}`;
      const phase = (claim['status'] as { phase?: string } | undefined)?.phase;
      if (phase !== 'Bound')
        return `0/${total} nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`;
    }
    return undefined;
  }

  function refuse(key: string, pod: Pod, message: string): void {
    unschedulable.add(key);
    // a pod that fits nowhere is looked at again every five minutes even if nothing happens
    queue.addAfter(key, 300_000);
    context.events.record(pod, 'Warning', 'FailedScheduling', message, source);
    const condition: Condition = {
      type: 'PodScheduled',
      status: 'False',
      lastProbeTime: null,
      lastTransitionTime: stamp(context, pod),
      reason: 'Unschedulable',
      message,
    };
    const before = conditionOf(pod.status?.conditions, 'PodScheduled');
    if (before?.status === 'False' && before.message === message) return;
    if (before?.status === 'False') condition.lastTransitionTime = before.lastTransitionTime ?? null;
    const others = (pod.status?.conditions ?? []).filter((one) => one.type !== 'PodScheduled');
    store.updateStatus(
      { ...pod, status: { phase: 'Pending', ...pod.status, conditions: [...others, condition] } },
      manager,
    );
  }

  function bind(key: string, pod: Pod, node: string): void {
    unschedulable.delete(key);
    attempts.delete(pod.metadata.uid ?? '');
    const bound = store.update({ ...pod, spec: { ...pod.spec, nodeName: node } }, manager) as Pod;
    context.events.record(bound, 'Normal', 'Scheduled', `Successfully assigned ${key} to ${node}`, source);
    const condition: Condition = {
      type: 'PodScheduled',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: stamp(context, pod),
    };
    const others = (bound.status?.conditions ?? []).filter((one) => one.type !== 'PodScheduled');
    store.updateStatus(
      { ...bound, status: { phase: 'Pending', ...bound.status, conditions: [...others, condition] } },
      manager,
    );
  }

  /** The highest score; equal ones are told apart by a draw keyed by pod and node. */
  function best(pod: Pod, fitting: readonly NodeInfo[], nodes: readonly NodeInfo[]): string {
    const crowds = fitting.map((info) => crowding(pod, info, nodes));
    const most = Math.max(...crowds);
    let winner = fitting[0]!;
    let highest = Number.NEGATIVE_INFINITY;
    fitting.forEach((info, i) => {
      const spread = most === 0 ? 100 : (100 * (most - crowds[i]!)) / most;
      const draw = unit(fold(context.seed, 'placement', keyOf(pod), info.name));
      const score = resourceScore(pod, info) + 2 * spread + preferenceScore(pod, info, nodes) + draw;
      if (score <= highest) return;
      highest = score;
      winner = info;
    });
    return winner.name;
  }

  /** Preferred node affinity, preferred pod (anti-)affinity and soft taints, about 0..100 each. */
  function preferenceScore(pod: Pod, info: NodeInfo, nodes: readonly NodeInfo[]): number {
    let score = untoleratedTaint(pod, info.node, ['PreferNoSchedule']) === undefined ? 300 : 0;
    for (const { weight, preference } of pod.spec.affinity?.nodeAffinity
      ?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
      if (matchesTerm(preference, info.node)) score += 2 * weight;
    const rules = [
      [pod.spec.affinity?.podAffinity, 2],
      [pod.spec.affinity?.podAntiAffinity, -2],
    ] as const;
    for (const [rule, sign] of rules)
      for (const { weight, podAffinityTerm: term } of rule?.preferredDuringSchedulingIgnoredDuringExecution ??
        []) {
        const domain = info.node.metadata.labels?.[term.topologyKey];
        const near = nodes.filter(
          (one) => domain !== undefined && one.node.metadata.labels?.[term.topologyKey] === domain,
        );
        const count = near.reduce(
          (sum, one) => sum + one.pods.filter((other) => termSelects(term, pod, other, namespaceOf)).length,
          0,
        );
        score += sign * weight * Math.min(1, count);
      }
    return score;
  }
}

/** LeastAllocated and BalancedAllocation, 0..200. */
function resourceScore(pod: Pod, info: NodeInfo): number {
  const wanted = requestsOf(pod);
  const share = (used: number, add: number, total: number) =>
    total === 0 ? 1 : Math.min(1, (used + add) / total);
  const cpu = share(info.used.cpu, Math.max(100, wanted.cpu), info.allocatable.cpu);
  const memory = share(info.used.memory, Math.max(200 * 2 ** 20, wanted.memory), info.allocatable.memory);
  return 50 * (1 - cpu) + 50 * (1 - memory) + 100 * (1 - Math.abs(cpu - memory) / 2);
}

/** Whether a node changed in a way that may let a waiting pod in. */
function hasRoomChanged(before: Node, after: Node): boolean {
  return (
    before.spec.unschedulable !== after.spec.unschedulable ||
    !jsonEqual(before.spec.taints ?? [], after.spec.taints ?? []) ||
    !jsonEqual(before.metadata.labels ?? {}, after.metadata.labels ?? {}) ||
    quantityValue(before.status?.allocatable?.['cpu']) !== quantityValue(after.status?.allocatable?.['cpu'])
  );
}
