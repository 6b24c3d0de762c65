import type { Pod } from '../controllers/kinds.ts';
import { refusalOf } from './filter.ts';
import { type NodeInfo, requestsOf } from './node-info.ts';
import type { NamespaceLookup } from './pod-topology.ts';

export interface Preemption {
  readonly node: string;
  readonly victims: readonly Pod[];
}

export function priorityOf(pod: Pod): number {
  return pod.spec.priority ?? 0;
}

/**
 * The node on which the fewest and least important pods would have to go for this pod to fit; undefined: none. Pods are
 * given up only for one of higher priority, and as few of them as it takes.
 */
export function findPreemption(
  pod: Pod,
  nodes: readonly NodeInfo[],
  namespaces: NamespaceLookup,
): Preemption | undefined {
  const mine = priorityOf(pod);
  if (pod.spec.preemptionPolicy === 'Never') return undefined;
  let best: { preemption: Preemption; cost: readonly [number, number, number] } | undefined;
  for (const info of nodes) {
    const lower = info.pods.filter((other) => priorityOf(other) < mine);
    if (lower.length === 0 || refusalOf(pod, info, nodes, namespaces)?.isResolvable !== true) continue;
    const fits = (gone: ReadonlySet<Pod>) => {
      const without = withoutPods(info, gone);
      return (
        refusalOf(
          pod,
          without,
          nodes.map((one) => (one === info ? without : one)),
          namespaces,
        ) === undefined
      );
    };
    const gone = new Set(lower);
    if (!fits(gone)) continue;
    // spare the most important ones first
    for (const other of [...lower].sort((a, b) => priorityOf(b) - priorityOf(a))) {
      gone.delete(other);
      if (!fits(gone)) gone.add(other);
    }
    const victims = [...gone];
    const cost = [
      Math.max(...victims.map(priorityOf)),
      victims.reduce((sum, one) => sum + priorityOf(one), 0),
      victims.length,
    ] as const;
    if (best === undefined || isLess(cost, best.cost))
      best = { preemption: { node: info.name, victims }, cost };
  }
  return best?.preemption;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}

function withoutPods(info: NodeInfo, gone: ReadonlySet<Pod>): NodeInfo {
  const used = { ...info.used };
  for (const pod of gone) {
    const requests = requestsOf(pod);
    used.cpu -= requests.cpu;
    used.memory -= requests.memory;
    used.ephemeralStorage -= requests.ephemeralStorage;
  }
  return { ...info, used, pods: info.pods.filter((pod) => !gone.has(pod)) };
}
