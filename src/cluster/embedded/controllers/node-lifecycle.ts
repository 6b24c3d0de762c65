import { rfc3339Seconds } from '../../../base/clock.ts';
import { jsonEqual } from '../../../base/json.ts';
import { key as fold, unit } from '../../../base/random.ts';
import { tolerates } from '../scheduler/node-match.ts';
import type { Timer } from '../simulation.ts';
import { conditionOf } from './conditions.ts';
import { type ControlContext, controllerManager } from './control-context.ts';
import { type Condition, keyOf, type Node, type Pod, resource, splitKey, type Taint } from './kinds.ts';
import { isPodFinished } from './pods.ts';

const monitorPeriodMs = 5000;
/** `node-monitor-grace-period`. */
const defaultGraceMs = 50_000;
const unreachable = 'node.kubernetes.io/unreachable';
const notReady = 'node.kubernetes.io/not-ready';
const source = { component: 'node-controller' };

/**
 * Notices nodes that stopped reporting, marks them and their pods, and evicts pods from tainted nodes when their
 * tolerations are over.
 */
export function startNodeLifecycleController(context: ControlContext): void {
  const { store, simulation, nodeGraceMs = defaultGraceMs } = context;
  /** When a heartbeat of each node was last seen, by this controller's clock. */
  const seen = new Map<string, { renewTime: string; atMs: number }>();
  const evictions = new Map<string, Timer>();

  simulation.every(monitorPeriodMs, monitorPeriodMs * unit(fold(context.seed, 'node-monitor')), monitor);
  store.subscribe(resource.pods, ({ type, object }) => {
    const pod = object as Pod;
    if (type === 'DELETED') return cancel(pod);
    const node = pod.spec.nodeName === undefined ? undefined : readNode(pod.spec.nodeName);
    if (node !== undefined && type === 'MODIFIED' && noExecuteTaints(node).length > 0)
      considerEviction(pod, node);
  });
  store.subscribe(resource.nodes, ({ type, object, previous }) => {
    const node = object as Node;
    const before = previous as Node | undefined;
    if (type === 'DELETED') return collectOrphans(node.metadata.name);
    if (
      type === 'MODIFIED' &&
      before !== undefined &&
      !jsonEqual(noExecuteTaints(before), noExecuteTaints(node))
    )
      simulation.after(5 + 20 * unit(fold(context.seed, 'taint-manager', node.metadata.name)), () => {
        const current = readNode(node.metadata.name);
        if (current !== undefined)
          for (const pod of podsOn(node.metadata.name)) considerEviction(pod, current);
      });
    if (before !== undefined && before.spec.unschedulable !== node.spec.unschedulable) cordonTaint(node);
  });

  function readNode(name: string): Node | undefined {
    return store.get(resource.nodes, undefined, name) as Node | undefined;
  }

  function podsOn(node: string): Pod[] {
    return (store.list(resource.pods) as readonly Pod[]).filter((pod) => pod.spec.nodeName === node);
  }

  // ---- heartbeats -----------------------------------------------------------------------------------------------

  function monitor(): void {
    for (const node of store.list(resource.nodes) as readonly Node[]) {
      const lease = store.get(resource.leases, 'kube-node-lease', node.metadata.name);
      const renewTime = String((lease?.['spec'] as { renewTime?: string } | undefined)?.renewTime ?? '');
      const known = seen.get(node.metadata.name);
      const observed = readyStatus(node);
      if (known === undefined || known.renewTime !== renewTime)
        seen.set(node.metadata.name, { renewTime, atMs: simulation.nowMs });
      else if (simulation.nowMs - known.atMs > nodeGraceMs) markUnknown(node);
      syncTaints(readNode(node.metadata.name) ?? node, observed);
    }
  }

  function readyStatus(node: Node): string | undefined {
    return conditionOf(node.status?.conditions, 'Ready')?.status;
  }

  function markUnknown(node: Node): void {
    const ready = conditionOf(node.status?.conditions, 'Ready');
    if (ready?.status === 'Unknown') return;
    const now = rfc3339Seconds(simulation.nowMs);
    const conditions = (node.status?.conditions ?? []).map(
      (condition): Condition => ({
        ...condition,
        status: 'Unknown',
        lastTransitionTime: now,
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      }),
    );
    const marked = store.updateStatus(
      { ...node, status: { ...node.status, conditions } },
      controllerManager,
    ) as Node;
    context.events.record(
      marked,
      'Normal',
      'NodeNotReady',
      `Node ${node.metadata.name} status is now: NodeNotReady`,
      source,
    );
    for (const pod of podsOn(node.metadata.name)) markPodNotReady(pod, now);
  }

  function markPodNotReady(pod: Pod, now: string): void {
    const ready = conditionOf(pod.status?.conditions, 'Ready');
    if (ready?.status !== 'True') return;
    const conditions = (pod.status?.conditions ?? []).map((condition) =>
      condition.type === 'Ready'
        ? { ...condition, status: 'False' as const, lastTransitionTime: now }
        : condition,
    );
    const marked = store.updateStatus(
      { ...pod, status: { ...pod.status, conditions } },
      controllerManager,
    ) as Pod;
    context.events.record(marked, 'Warning', 'NodeNotReady', 'Node is not ready', source);
  }

  // ---- taints ---------------------------------------------------------------------------------------------------

  /**
   * New pods keep away at once. Those that are there are told by what the monitor observed, so after a node has been marked
   * unknown they learn of it one round later (kind: 25 s from NodeNotReady to eviction with a toleration of 20 s).
   *
   * @param observed the Ready condition before this round
   */
  function syncTaints(node: Node, observed: string | undefined): void {
    const ready = readyStatus(node);
    const key = ready === 'Unknown' ? unreachable : ready === 'False' ? notReady : undefined;
    const kept = (node.spec.taints ?? []).filter(
      (taint) => taint.key === key || (taint.key !== unreachable && taint.key !== notReady),
    );
    const timeAdded = rfc3339Seconds(simulation.nowMs);
    const effects =
      key === undefined
        ? []
        : observed === 'True' || isFullDisruption()
          ? ['NoSchedule']
          : ['NoSchedule', 'NoExecute'];
    const added = effects
      .filter((effect) => !kept.some((taint) => taint.key === key && taint.effect === effect))
      .map((effect): Taint => ({ key: key ?? '', effect, timeAdded }));
    if (added.length > 0 || kept.length !== (node.spec.taints ?? []).length)
      writeTaints(node, [...kept, ...added]);
  }

  /** When no worker reports, the controller mistrusts itself and evicts nothing. */
  function isFullDisruption(): boolean {
    const workers = (store.list(resource.nodes) as readonly Node[]).filter(
      (node) => node.metadata.labels?.['node-role.kubernetes.io/control-plane'] === undefined,
    );
    return workers.length > 0 && workers.every((node) => readyStatus(node) !== 'True');
  }

  function cordonTaint(node: Node): void {
    const key = 'node.kubernetes.io/unschedulable';
    const others = (node.spec.taints ?? []).filter((taint) => taint.key !== key);
    const timeAdded = rfc3339Seconds(simulation.nowMs);
    writeTaints(
      node,
      node.spec.unschedulable === true ? [...others, { key, effect: 'NoSchedule', timeAdded }] : others,
    );
  }

  function writeTaints(node: Node, taints: readonly Taint[]): void {
    const { taints: _, ...spec } = node.spec;
    store.update(
      { ...node, spec: taints.length === 0 ? spec : { ...spec, taints: [...taints] } },
      controllerManager,
    );
  }

  // ---- eviction -------------------------------------------------------------------------------------------------

  function cancel(pod: Pod): void {
    evictions.get(pod.metadata.uid ?? '')?.cancel();
    evictions.delete(pod.metadata.uid ?? '');
  }

  function considerEviction(pod: Pod, node: Node): void {
    const uid = pod.metadata.uid ?? '';
    const taints = noExecuteTaints(node);
    if (taints.length === 0) {
      if (!evictions.has(uid)) return;
      cancel(pod);
      context.events.record(
        pod,
        'Normal',
        'TaintManagerEviction',
        `Cancelling deletion of Pod ${keyOf(pod)}`,
        { component: 'taint-eviction-controller' },
      );
      return;
    }
    if (evictions.has(uid) || pod.metadata.deletionTimestamp !== undefined) return;
    const seconds = toleratedSeconds(pod, taints);
    if (seconds === undefined) return;
    evictions.set(
      uid,
      simulation.after(seconds * 1000, () => evict(keyOf(pod), uid)),
    );
  }

  function evict(key: string, uid: string): void {
    evictions.delete(uid);
    const pod = store.get(resource.pods, ...splitKey(key)) as Pod | undefined;
    if (pod === undefined || pod.metadata.uid !== uid || pod.metadata.deletionTimestamp !== undefined) return;
    context.events.record(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`, {
      component: 'taint-eviction-controller',
    });
    const condition: Condition = {
      type: 'DisruptionTarget',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: rfc3339Seconds(simulation.nowMs),
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    };
    const others = (pod.status?.conditions ?? []).filter((one) => one.type !== condition.type);
    store.updateStatus(
      { ...pod, status: { ...pod.status, conditions: [...others, condition] } },
      controllerManager,
    );
    const { namespace = '', name } = pod.metadata;
    store.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name }, controllerManager);
  }

  /** Pods of a node that is gone for good go with it. */
  function collectOrphans(node: string): void {
    simulation.after(40_000, () => {
      if (readNode(node) !== undefined) return;
      for (const { metadata } of podsOn(node).filter((pod) => !isPodFinished(pod)))
        store.remove(
          { apiVersion: 'v1', kind: 'Pod', namespace: metadata.namespace ?? '', name: metadata.name },
          { ...controllerManager, gracePeriodSeconds: 0 },
        );
    });
  }
}

function noExecuteTaints(node: Node): readonly Taint[] {
  return (node.spec.taints ?? []).filter((taint) => taint.effect === 'NoExecute');
}

/** How long the pod may stay: 0 if it does not tolerate a taint, undefined if it may stay for ever. */
function toleratedSeconds(pod: Pod, taints: readonly Taint[]): number | undefined {
  let seconds: number | undefined;
  for (const taint of taints) {
    const matching = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return 0;
    for (const { tolerationSeconds } of matching)
      if (tolerationSeconds !== undefined)
        seconds = Math.min(seconds ?? Number.POSITIVE_INFINITY, Math.max(0, tolerationSeconds));
  }
  return seconds;
}
