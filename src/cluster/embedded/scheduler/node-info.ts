import { podResources } from '../api/pod-resources.ts';
import { quantityMilli, quantityValue } from '../api/quantity.ts';
import type { Node, Pod } from '../controllers/kinds.ts';
import { isPodFinished } from '../controllers/pods.ts';

/** CPU in millicores, memory in bytes. */
export interface Amount {
  cpu: number;
  memory: number;
  ephemeralStorage: number;
}

const requestsByPod = new WeakMap<object, Amount>();

/** What the pod requests; remembered by its spec. */
export function requestsOf(pod: Pod): Amount {
  let amount = requestsByPod.get(pod.spec);
  if (amount === undefined) {
    const requests = podResources(pod.spec, 'requests');
    amount = {
      cpu: requests.get('cpu')?.milli ?? 0,
      memory: (requests.get('memory')?.milli ?? 0) / 1000,
      ephemeralStorage: (requests.get('ephemeral-storage')?.milli ?? 0) / 1000,
    };
    requestsByPod.set(pod.spec, amount);
  }
  return amount;
}

/** A node with what is placed on it, as the scheduler sees it during one attempt. */
export interface NodeInfo {
  readonly node: Node;
  readonly name: string;
  readonly allocatable: Amount;
  readonly maxPods: number;
  readonly used: Amount;
  readonly pods: readonly Pod[];
}

/** Snapshot of all nodes (sorted by name) with the pods that are bound to them and not finished. */
export function snapshotNodes(nodes: readonly Node[], pods: readonly Pod[]): NodeInfo[] {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (pod.spec.nodeName === undefined || isPodFinished(pod)) continue;
    const list = byNode.get(pod.spec.nodeName);
    if (list === undefined) byNode.set(pod.spec.nodeName, [pod]);
    else list.push(pod);
  }
  return nodes.map((node) => {
    const placed = byNode.get(node.metadata.name) ?? [];
    const used: Amount = { cpu: 0, memory: 0, ephemeralStorage: 0 };
    for (const pod of placed) {
      const requests = requestsOf(pod);
      used.cpu += requests.cpu;
      used.memory += requests.memory;
      used.ephemeralStorage += requests.ephemeralStorage;
    }
    const allocatable = node.status?.allocatable ?? {};
    return {
      node,
      name: node.metadata.name,
      allocatable: {
        cpu: quantityMilli(allocatable['cpu']),
        memory: quantityValue(allocatable['memory']),
        ephemeralStorage: quantityValue(allocatable['ephemeral-storage']),
      },
      maxPods: quantityValue(allocatable['pods'] ?? '110'),
      used,
      pods: placed,
    };
  });
}
