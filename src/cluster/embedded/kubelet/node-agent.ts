import type { ContainerRuntime, PodIdentity } from '../contracts.ts';
import type { ControlContext } from '../controllers/control-context.ts';
import type { ContainerLogs } from './container-logs.ts';
import type { ImageStore } from './image-store.ts';

/** What a pod worker needs of its node. */
export interface NodeAgent {
  readonly context: ControlContext;
  readonly node: string;
  readonly hostIp: string;
  readonly runtime: ContainerRuntime;
  readonly images: ImageStore;
  readonly logs: ContainerLogs;
  readonly isReachable: boolean;
  takeIp(): string;
  /** The sandbox of the pod came or went: the network has to know. */
  sandboxChanged(identity: PodIdentity, isUp: boolean): void;
  /** The worker has nothing left to do. */
  finished(podUid: string): void;
}
