/**
 * What the parts of the embedded cluster promise each other. Store ← controllers, scheduler, kubelets → container
 * runtime (workload programs) → network → kubelets; Prometheus scrapes targets. All calls are synchronous, inside a
 * tick of the Simulation.
 */
import type { KubeObject, ObjectRef } from '../../kube/objects.ts';
import type { Simulation } from './simulation.ts';

// ---- API store --------------------------------------------------------------------------------------------------

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  /** State before a MODIFIED or DELETED. */
  readonly previous?: KubeObject;
}

/**
 * The objects. What it hands out is shared and must not be changed: copy, change, `update`. Keys are plural resource
 * names with group, e.g. `pods`, `deployments.apps`, `networkpolicies.networking.k8s.io`. Every mutation goes through
 * validation, admission and defaulting, gets a new resourceVersion, and reaches subscribers in order, after the
 * mutation returned (same virtual time, next turn of the queue). Errors are KubeApiError.
 */
export interface Store {
  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined;
  list(resource: string, namespace?: string): readonly KubeObject[];
  /** Objects whose controller ownerReference has this uid. */
  ownedBy(resource: string, ownerUid: string): readonly KubeObject[];
  create(object: KubeObject, options: WriteOptions): KubeObject;
  /** Replaces spec and metadata; status is kept where the kind has a status subresource. 409 on a stale resourceVersion. */
  update(object: KubeObject, options: WriteOptions): KubeObject;
  /** Replaces status only. */
  updateStatus(object: KubeObject, options: WriteOptions): KubeObject;
  /** Marks for deletion (finalizers, graceful pods) or removes; `gracePeriodSeconds: 0` removes a pod at once. */
  remove(
    ref: ObjectRef,
    options: WriteOptions & { gracePeriodSeconds?: number; propagationPolicy?: string },
  ): void;
  /** Calls back for changes from now on, in order; `replay` first delivers what is there as ADDED. */
  subscribe(
    resource: string,
    callback: (event: StoreEvent) => void,
    options?: { replay?: boolean },
  ): () => void;
  readonly resourceVersion: string;
}

export interface WriteOptions {
  /** Field manager, as managedFields records it: `kube-controller-manager`, `kubelet`, `kubectl-edit`. */
  readonly manager: string;
  /** Only while a world with a past is built: the epoch ms the object counts as created at; default now. */
  readonly createdMs?: number;
}

/** Writes an Event as the recorder of a component does: aggregates repeats by (object, reason, message) into count. */
export interface EventRecorder {
  record(
    about: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    source: { component: string; host?: string },
    fieldPath?: string,
  ): void;
}

// ---- Container runtime: what runs inside containers ---------------------------------------------------------------

export interface ContainerRuntime {
  /** What a registry would answer for the image: unknown repository or tag cannot be pulled. */
  pull(
    image: string,
  ):
    | { readonly ok: true; readonly sizeBytes: number; readonly digest: string }
    | { readonly ok: false; readonly message: string };
  start(container: ContainerStart): ContainerProcess;
  /** The pod object is gone: what is kept for it (scrape targets, over restarts of its containers) goes too. */
  forgetPod?(podUid: string): void;
}

export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ContainerStart {
  readonly pod: PodIdentity;
  readonly name: string;
  readonly image: string;
  /** Which start of this container it is, from 0. */
  readonly instance: number;
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** Resolved: literals, ConfigMap and Secret keys, field references. */
  readonly env: Readonly<Record<string, string>>;
  /** Millicores; undefined: no limit. CFS period 100 ms. */
  readonly cpuLimitMillis: number | undefined;
  readonly memoryLimitBytes: number | undefined;
  /** One line to stdout/stderr. */
  write(text: string): void;
  /** The process ended by itself (also after SIGTERM), or grew over its memory limit (`oomKilled`, exit code 137). */
  exited(exit: { readonly code: number; readonly oomKilled: boolean }): void;
}

/** A running container, seen by its kubelet. */
export interface ContainerProcess {
  /** HTTP GET on a port, as a probe does: answers by callback within virtual time (never, if the process hangs). */
  probeHttp(port: number, path: string, done: (status: number | 'refused') => void): void;
  probeTcp(port: number, done: (open: boolean) => void): void;
  /** SIGTERM: stops accepting, drains, then `exited`. */
  terminate(): void;
  /** SIGKILL, node loss: it is gone at once; `exited` is not called. */
  kill(): void;
  /** The node stopped answering (or came back): it keeps its state, nothing comes in or goes out. */
  setReachable(reachable: boolean): void;
  usage(): ContainerUsage;
}

export interface ContainerUsage {
  readonly cpuSecondsTotal: number;
  readonly memoryWorkingSetBytes: number;
  readonly cfsPeriodsTotal: number;
  readonly cfsThrottledPeriodsTotal: number;
  readonly cfsThrottledSecondsTotal: number;
  readonly networkReceiveBytesTotal: number;
  readonly networkTransmitBytesTotal: number;
}

// ---- Network: what a process can reach ------------------------------------------------------------------------------

export type ResolveResult =
  | { readonly ok: true; readonly ips: readonly string[] }
  | { readonly ok: false; readonly error: 'not-found' | 'timeout' };

export type ConnectResult =
  /** The process that listens there; ask the runtime's process table by (pod uid, port). */
  | {
      readonly ok: true;
      readonly podUid: string;
      readonly port: number;
      readonly latencyMs: number;
      readonly ip: string;
    }
  /** No endpoints (kube-proxy rejects) or nothing listens on the port. */
  | { readonly ok: false; readonly error: 'refused'; readonly ip: string }
  /** Refused by kube-proxy, but the kernel has told this client so too often lately: the next SYN may be luckier. */
  | { readonly ok: false; readonly error: 'unanswered'; readonly ip: string }
  /** Dropped: NetworkPolicy, or a node that does not answer. */
  | { readonly ok: false; readonly error: 'timeout'; readonly ip: string };

/** kube-proxy, cluster DNS and NetworkPolicy. Policies are asked for new connections only. */
export interface ClusterNetwork {
  /** `host` is a short or full service name, resolved with the pod's search domains; an IP is answered as it is. */
  resolve(from: PodIdentity, host: string): ResolveResult;
  /** A new TCP connection to a cluster IP or pod IP; `choice` in [0,1) picks the endpoint. */
  connect(from: PodIdentity, ip: string, port: number, choice: number): ConnectResult;
  /** Whether an established connection still passes: both pods alive, their nodes reachable. */
  isAlive(fromPodUid: string, toPodUid: string): boolean;
}

// ---- Prometheus -------------------------------------------------------------------------------------------------

export type Labels = Readonly<Record<string, string>>;

/**
 * Something Prometheus scrapes. `scrape` emits current values; the same `labels` object should be passed for the same
 * series each time (the store recognises it by identity and skips hashing). `false`: the scrape failed (`up` = 0).
 */
export interface ScrapeTarget {
  /** job, instance, and what service discovery adds (namespace, pod, …); merged into every series. */
  readonly labels: Labels;
  /** Exposed labels win over the target's of the same name (kube-state-metrics); otherwise they become `exported_…`. */
  readonly honorLabels?: boolean;
  scrape(emit: (name: string, labels: Labels, value: number) => void): boolean;
}

/** Targets come and go with pods; a target that is gone gets staleness markers. */
export interface TargetRegistry {
  add(target: ScrapeTarget): { remove(): void };
}

// ---- Everything a component gets ------------------------------------------------------------------------------------

export interface World {
  readonly simulation: Simulation;
  /** 32 bits; fold it with `key(seed, …identity)`, never share a stream. */
  readonly seed: number;
  readonly store: Store;
  readonly events: EventRecorder;
  readonly runtime: ContainerRuntime;
  readonly network: ClusterNetwork;
  readonly targets: TargetRegistry;
}
