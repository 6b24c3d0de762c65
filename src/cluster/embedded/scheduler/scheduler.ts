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
import { selectNode } from '../controllers/volume-provisioner.ts';
import { WorkQueue } from '../controllers/work-queue.ts';
import { type Refusal, refusalOf, unschedulableMessage } from './filter.ts';
import { type NodeInfo, requestsOf, snapshotNodes } from './node-info.ts';
import { matchesTerm, untoleratedTaint } from './node-match.ts';
import { crowding, termSelects } from './pod-topology.ts';
import { findPreemption, priorityOf } from './preemption.ts';
import { claimState, reachesVolumes } from './volume-claims.ts';

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
  const waitingForVolumes = new Set<string>();

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
  store.subscribe(resource.persistentVolumeClaims, () => {
    for (const key of waitingForVolumes) queue.add(key);
    waitingForVolumes.clear();
    wake();
  });

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
    const { refusal: claimRefusal, unbound, volumes } = claimState(store, pod);
    if (claimRefusal !== undefined) return refuse(key, pod, claimRefusal);
    const nodes = snapshotNodes(
      store.list(resource.nodes) as readonly Node[],
      store.list(resource.pods) as readonly Pod[],
    );
    const refusals: Refusal[] = [];
    const fitting: NodeInfo[] = [];
    for (const info of nodes) {
      const refusal = reachesVolumes(info.node, volumes)
        ? refusalOf(pod, info, nodes, namespaceOf)
        : { reasons: ["node(s) didn't match PersistentVolume's node affinity"], isResolvable: false };
      if (refusal === undefined) fitting.push(info);
      else refusals.push(refusal);
    }
    if (fitting.length === 0) {
      const isMakingRoom = priorityOf(pod) > 0 && makeRoom(pod, nodes);
      const current = (store.get(resource.pods, ...splitKey(key)) ?? pod) as Pod;
      return refuse(key, current, unschedulableMessage(refusals, isMakingRoom));
    }
    const node = best(pod, fitting, nodes);
    if (unbound.length === 0) return bind(key, pod, node);
    // the volume is made first; its claim's change brings the pod back
    waitingForVolumes.add(key);
    selectNode(context, unbound, node);
  }

  /** Takes less important pods off a node for this one; answers whether it did. */
  function makeRoom(pod: Pod, nodes: readonly NodeInfo[]): boolean {
    const preemption = findPreemption(pod, nodes, namespaceOf);
    if (preemption === undefined) return false;
    for (const read of preemption.victims) {
      const victim = store.get(resource.pods, read.metadata.namespace, read.metadata.name) as Pod | undefined;
      if (victim === undefined || victim.metadata.deletionTimestamp !== undefined) continue;
      const condition: Condition = {
        type: 'DisruptionTarget',
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: stamp(context, victim),
        reason: 'PreemptionByScheduler',
        message: `${schedulerName}: preempting to accommodate a higher priority pod`,
      };
      const conditions = [...(victim.status?.conditions ?? []), condition];
      store.updateStatus({ ...victim, status: { ...victim.status, conditions } }, manager);
      const message = `Preempted by pod ${pod.metadata.uid} on node ${preemption.node}`;
      context.events.record(victim, 'Normal', 'Preempted', message, source);
      const { namespace = '', name } = victim.metadata;
      store.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name }, manager);
    }
    const { status } = pod;
    store.updateStatus({ ...pod, status: { ...status, nominatedNodeName: preemption.node } }, manager);
    return true;
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
