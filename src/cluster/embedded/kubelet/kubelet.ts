import { rfc3339Micros, rfc3339Seconds } from '../../../base/clock.ts';
import { jsonEqual } from '../../../base/json.ts';
import { key as fold, unit } from '../../../base/random.ts';
import type { ContainerRuntime, PodIdentity } from '../contracts.ts';
import { conditionOf } from '../controllers/conditions.ts';
import type { ControlContext } from '../controllers/control-context.ts';
import { type Node, type Pod, resource } from '../controllers/kinds.ts';
import type { Timer } from '../simulation.ts';
import type { ContainerLogs } from './container-logs.ts';
import { ImageStore } from './image-store.ts';
import type { NodeAgent } from './node-agent.ts';
import { healthyConditions, nodeAddresses } from './node-object.ts';
import { PodWorker } from './pod-worker.ts';

const manager = { manager: 'kubelet' } as const;
const leasePeriodMs = 10_000;
const statusPeriodMs = 300_000;

/** Who wants to know what happens on nodes: the network and the metrics. */
export interface NodeObserver {
  sandboxChanged(identity: PodIdentity, isUp: boolean): void;
  reachableChanged(node: string, isReachable: boolean): void;
}

/** One node's kubelet: its pods, its images, its heartbeats. */
export class Kubelet implements NodeAgent {
  readonly context: ControlContext;
  readonly node: string;
  readonly hostIp: string;
  readonly runtime: ContainerRuntime;
  readonly images: ImageStore;
  readonly logs: ContainerLogs;
  readonly workers = new Map<string, PodWorker>();
  readonly #observer: NodeObserver;
  readonly #podPrefix: string;
  readonly #takenIps = new Set<number>();
  #nextIp = 2;
  #isReachable = true;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #reportTimer: Timer | undefined;

  constructor(
    context: ControlContext,
    settings: {
      node: string;
      index: number;
      runtime: ContainerRuntime;
      logs: ContainerLogs;
      observer: NodeObserver;
    },
  ) {
    const { ip, podPrefix } = nodeAddresses(settings.index);
    this.context = context;
    this.node = settings.node;
    this.hostIp = ip;
    this.#podPrefix = podPrefix;
    this.runtime = settings.runtime;
    this.logs = settings.logs;
    this.images = new ImageStore(context.simulation, context.seed, settings.node, settings.runtime);
    this.#observer = settings.observer;
    const offset = leasePeriodMs * unit(fold(context.seed, 'lease', settings.node));
    context.simulation.every(leasePeriodMs, offset, () => this.#heartbeat());
  }

  get isReachable(): boolean {
    return this.#isReachable;
  }

  /** A pod bound to this node came, changed or went. */
  podChanged(pod: Pod, isDeleted: boolean): void {
    const uid = pod.metadata.uid ?? '';
    const worker = this.workers.get(uid);
    if (isDeleted) {
      // a node that is cut off does not learn of it: its containers go on
      if (worker !== undefined && this.#isReachable) worker.destroy();
      return;
    }
    if (worker !== undefined) worker.update(pod);
    else this.workers.set(uid, new PodWorker(this, pod));
  }

  /** The node stops answering: no heartbeats, no status, and nothing passes in or out of its containers. */
  stop(): void {
    if (!this.#isReachable) return;
    this.#isReachable = false;
    for (const worker of this.workers.values()) worker.setReachable(false);
    this.#observer.reachableChanged(this.node, false);
  }

  /** The node answers again and catches up with what it missed. */
  start(): void {
    if (this.#isReachable) return;
    this.#isReachable = true;
    const { store, simulation } = this.context;
    for (const worker of [...this.workers.values()]) {
      const current = store.get(resource.pods, worker.pod.metadata.namespace, worker.pod.metadata.name) as
        | Pod
        | undefined;
      if (current === undefined || current.metadata.uid !== worker.uid) worker.destroy();
      else worker.setReachable(true);
    }
    this.#observer.reachableChanged(this.node, true);
    this.#reportedMs = Number.NEGATIVE_INFINITY;
    this.#reportTimer?.cancel();
    this.#reportTimer = simulation.after(
      400 + 1200 * unit(fold(this.context.seed, 'return', this.node, simulation.nowMs)),
      () => this.#heartbeat(),
    );
  }

  takeIp(): string {
    while (this.#takenIps.has(this.#nextIp)) this.#nextIp = this.#nextIp >= 254 ? 2 : this.#nextIp + 1;
    const host = this.#nextIp;
    this.#takenIps.add(host);
    this.#nextIp = host >= 254 ? 2 : host + 1;
    return `${this.#podPrefix}${host}`;
  }

  sandboxChanged(identity: PodIdentity, isUp: boolean): void {
    if (!isUp && identity.ip.startsWith(this.#podPrefix))
      this.#takenIps.delete(Number(identity.ip.slice(this.#podPrefix.length)));
    this.#observer.sandboxChanged(identity, isUp);
  }

  finished(podUid: string): void {
    this.workers.delete(podUid);
  }

  /** Every 10 s the Lease; the status every 5 minutes or when it changes. */
  #heartbeat(): void {
    if (!this.#isReachable) return;
    this.#renewLease();
    const node = this.context.store.get(resource.nodes, undefined, this.node) as Node | undefined;
    if (node === undefined) return;
    const isReady = conditionOf(node.status?.conditions, 'Ready')?.status === 'True';
    if (isReady && this.context.simulation.nowMs - this.#reportedMs < statusPeriodMs) return;
    this.#reportStatus(node, isReady);
  }

  #renewLease(): void {
    const { store, simulation } = this.context;
    const renewTime = rfc3339Micros(simulation.nowMs);
    const existing = store.get(resource.leases, 'kube-node-lease', this.node);
    const spec = { holderIdentity: this.node, leaseDurationSeconds: 40, renewTime };
    if (existing === undefined)
      store.create(
        {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: this.node, namespace: 'kube-node-lease' },
          spec,
        },
        manager,
      );
    else store.update({ ...existing, spec }, manager);
  }

  #reportStatus(node: Node, wasReady: boolean): void {
    const { store, simulation, events } = this.context;
    const isFirst = this.#reportedMs === Number.NEGATIVE_INFINITY && wasReady;
    this.#reportedMs = simulation.nowMs;
    const now = rfc3339Seconds(simulation.nowMs);
    const conditions = healthyConditions(now, (type) => {
      const before = conditionOf(node.status?.conditions, type);
      const isSame = before !== undefined && before.status === (type === 'Ready' ? 'True' : 'False');
      return isSame ? (before.lastTransitionTime ?? now) : now;
    });
    const images = this.images
      .list()
      .map((image) => ({ names: [image.id, image.name], sizeBytes: image.sizeBytes }));
    const status = { ...node.status, conditions, images };
    if (isFirst && jsonEqual(node.status?.images ?? [], images)) return;
    store.updateStatus({ ...node, status }, manager);
    if (wasReady) return;
    const source = { component: 'kubelet', host: this.node };
    events.record(node, 'Normal', 'Starting', 'Starting kubelet.', source);
    for (const reason of ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID'])
      events.record(node, 'Normal', reason, `Node ${this.node} status is now: ${reason}`, source);
    events.record(
      node,
      'Normal',
      'NodeAllocatableEnforced',
      'Updated Node Allocatable limit across pods',
      source,
    );
    events.record(node, 'Normal', 'NodeReady', `Node ${this.node} status is now: NodeReady`, source);
  }
}

/** Hands pods to the kubelet of their node. */
export function dispatchPods(context: ControlContext, kubelets: ReadonlyMap<string, Kubelet>): void {
  context.store.subscribe(
    resource.pods,
    ({ type, object }) => {
      const pod = object as Pod;
      if (pod.spec.nodeName !== undefined)
        kubelets.get(pod.spec.nodeName)?.podChanged(pod, type === 'DELETED');
    },
    { replay: true },
  );
}
