import type { KubeClient } from '../kube/client.ts';

/** What injection and recovery need of a cluster; every `Cluster` has it. */
export interface InjectionTarget {
  readonly kube: KubeClient;
  readonly clock: { nowMs(): number };
  readonly nodes: { stopNode(name: string): Promise<void>; startNode(name: string): Promise<void> };
  readonly load: { setLoadFactor(factor: number): Promise<void>; loadFactor(): Promise<number> };
}
