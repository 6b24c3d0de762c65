import type { Store } from '../contracts.ts';
import {
  type KubeObject,
  type Node,
  type NodeSelectorTerm,
  type Pod,
  resource,
} from '../controllers/kinds.ts';
import { matchesTerm } from './node-match.ts';

/** What the pod's claims mean for its placement. */
export interface ClaimState {
  /** Why it cannot be placed at all now. */
  readonly refusal?: string;
  /** Claims whose volume is made where the pod goes. */
  readonly unbound: readonly KubeObject[];
  /** Volumes that are there already. */
  readonly volumes: readonly KubeObject[];
}

/** Reads the claims that a pod uses. */
export function claimState(store: Store, pod: Pod): ClaimState {
  const total = store.list(resource.nodes).length;
  const noHelp = `preemption: 0/${total} nodes are available: ${total} Preemption is not helpful for scheduling.`;
  const refuse = (why: string) => ({
    refusal: `0/${total} nodes are available: ${why}. ${noHelp}`,
    unbound: [],
    volumes: [],
  });
  const unbound: KubeObject[] = [];
  const volumes: KubeObject[] = [];
  for (const { persistentVolumeClaim: reference } of pod.spec.volumes ?? []) {
    if (reference === undefined) continue;
    const claim = store.get(resource.persistentVolumeClaims, pod.metadata.namespace, reference.claimName);
    if (claim === undefined) return refuse(`persistentvolumeclaim "${reference.claimName}" not found`);
    const { volumeName, storageClassName } = (claim['spec'] ?? {}) as {
      volumeName?: string;
      storageClassName?: string;
    };
    const volume =
      volumeName === undefined ? undefined : store.get(resource.persistentVolumes, undefined, volumeName);
    if (volume !== undefined) volumes.push(volume);
    else if (waitsForConsumer(store, storageClassName)) unbound.push(claim);
    else return refuse('pod has unbound immediate PersistentVolumeClaims');
  }
  return { unbound, volumes };
}

function waitsForConsumer(store: Store, name: string | undefined): boolean {
  const storageClass = store
    .list('storageclasses.storage.k8s.io')
    .find((one) =>
      name === undefined
        ? one.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true'
        : one.metadata.name === name,
    );
  return storageClass?.['volumeBindingMode'] === 'WaitForFirstConsumer';
}

/** Whether the pod's volumes can be used on the node. */
export function reachesVolumes(node: Node, volumes: readonly KubeObject[]): boolean {
  return volumes.every((volume) => {
    const { nodeAffinity } = (volume['spec'] ?? {}) as {
      nodeAffinity?: { required?: { nodeSelectorTerms: NodeSelectorTerm[] } };
    };
    return (
      nodeAffinity?.required === undefined ||
      nodeAffinity.required.nodeSelectorTerms.some((term) => matchesTerm(term, node))
    );
  });
}
