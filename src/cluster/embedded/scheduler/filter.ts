import type { Pod } from '../controllers/kinds.ts';
import { type NodeInfo, requestsOf } from './node-info.ts';
import { matchesNodeSelection, untoleratedTaint } from './node-match.ts';
import { affinityRefusal, type NamespaceLookup, spreadRefusal } from './pod-topology.ts';

/** A refusal; `isResolvable`: taking pods off the node could help. */
export interface Refusal {
  readonly reasons: readonly string[];
  readonly isResolvable: boolean;
}

const never = (reason: string): Refusal => ({ reasons: [reason], isResolvable: false });
const maybe = (...reasons: string[]): Refusal => ({ reasons, isResolvable: true });

/** Why the pod cannot run on the node, in the words of the scheduler's plug-ins and in their order. */
export function refusalOf(
  pod: Pod,
  info: NodeInfo,
  nodes: readonly NodeInfo[],
  namespaces: NamespaceLookup,
): Refusal | undefined {
  const { node } = info;
  if (node.spec.unschedulable === true && untoleratedTaint(pod, cordoned(info), ['NoSchedule']) !== undefined)
    return never('node(s) were unschedulable');
  const taint = untoleratedTaint(pod, node, ['NoSchedule', 'NoExecute']);
  if (taint !== undefined) return never(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`);
  if (!matchesNodeSelection(pod, node)) return never("node(s) didn't match Pod's node affinity/selector");
  if (hasPortConflict(pod, info)) return maybe("node(s) didn't have free ports for the requested pod ports");
  const missing = missingResources(pod, info);
  if (missing.length > 0) return maybe(...missing);
  const spread = spreadRefusal(pod, info, nodes);
  if (spread !== undefined) return spread.includes('missing') ? never(spread) : maybe(spread);
  const affinity = affinityRefusal(pod, info, nodes, namespaces);
  if (affinity !== undefined) return affinity.includes('anti-affinity') ? maybe(affinity) : never(affinity);
  return undefined;
}

/** The node as if the cordon were its only taint. */
function cordoned(info: NodeInfo): NodeInfo['node'] {
  const taints = [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }];
  return { ...info.node, spec: { ...info.node.spec, taints } };
}

function missingResources(pod: Pod, info: NodeInfo): string[] {
  const wanted = requestsOf(pod);
  const missing: string[] = [];
  if (info.pods.length + 1 > info.maxPods) missing.push('Too many pods');
  const lacks = (name: 'cpu' | 'memory' | 'ephemeralStorage') =>
    wanted[name] > 0 && wanted[name] > info.allocatable[name] - info.used[name];
  if (lacks('cpu')) missing.push('Insufficient cpu');
  if (lacks('memory')) missing.push('Insufficient memory');
  if (lacks('ephemeralStorage')) missing.push('Insufficient ephemeral-storage');
  return missing;
}

function hostPorts(pod: Pod): string[] {
  return pod.spec.containers.flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => `${port.protocol ?? 'TCP'}/${port.hostPort}`),
  );
}

function hasPortConflict(pod: Pod, info: NodeInfo): boolean {
  const wanted = hostPorts(pod);
  return (
    wanted.length > 0 && info.pods.some((other) => hostPorts(other).some((port) => wanted.includes(port)))
  );
}

/** The scheduler's message about a pod that fits nowhere; `isMakingRoom`: others are being evicted for it. */
export function unschedulableMessage(refusals: readonly Refusal[], isMakingRoom = false): string {
  const total = refusals.length;
  if (total === 0) return 'no nodes available to schedule pods';
  const reasons = histogram(refusals.flatMap((refusal) => refusal.reasons));
  if (isMakingRoom) return `0/${total} nodes are available: ${reasons}.`;
  const preemption = histogram(
    refusals.map((refusal) =>
      refusal.isResolvable
        ? 'No preemption victims found for incoming pod'
        : 'Preemption is not helpful for scheduling',
    ),
  );
  return `0/${total} nodes are available: ${reasons}. preemption: 0/${total} nodes are available: ${preemption}.`;
}

function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}
