import type { Clock } from '../base/clock.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Application } from '../spec/application.ts';
import type { Capability } from '../spec/capability.ts';
import type { ClusterProfile } from '../spec/profile.ts';
import type { ContainerLog, Series, Span } from '../spec/telemetry.ts';

export type { ContainerLog, LogLine, Sample, Series, Span } from '../spec/telemetry.ts';

/** Time of a cluster. Virtual on `embedded`; the wall clock elsewhere, where `advance` really waits. */
export interface ClusterClock extends Clock {
  /** Lets `ms` pass. Virtual time moves only here and in `until`. */
  advance(ms: number): Promise<void>;
  /**
   * Waits until the condition holds, looking every `everyMs` (default 1000) of cluster time.
   * Answers whether it held before the timeout.
   */
  until(condition: () => Promise<boolean>, timeoutMs: number, everyMs?: number): Promise<boolean>;
}

/** The Prometheus HTTP API, as far as capture needs it; the same against the embedded store and a real server. */
export interface PrometheusClient {
  query(expression: string, timeMs: number): Promise<readonly Series[]>;
  queryRange(expression: string, startMs: number, endMs: number, stepMs: number): Promise<readonly Series[]>;
  /** Label sets of all series that match one of the selectors in the window. */
  series(
    matchers: readonly string[],
    startMs: number,
    endMs: number,
  ): Promise<readonly Readonly<Record<string, string>>[]>;
  rules(): Promise<unknown>;
  alerts(): Promise<unknown>;
}

/** Where traces and logs come from: the recorder. */
export interface TelemetrySource {
  /** Spans that ended in [fromMs, toMs), in any order. */
  spans(fromMs: number, toMs: number): AsyncIterable<Span>;
  /** Container logs with lines in [fromMs, toMs); one entry per container of every pod that existed. */
  logs(fromMs: number, toMs: number): AsyncIterable<ContainerLog>;
  /** What the recorder refused or dropped, by reason; never silently. */
  losses(): Promise<Readonly<Record<string, number>>>;
}

/** Things one cannot do through the Kubernetes API. */
export interface NodeControl {
  /** The node stops reporting and its containers stop answering (kubelet and runtime down). */
  stopNode(name: string): Promise<void>;
  startNode(name: string): Promise<void>;
}

export interface LoadControl {
  /** Multiplies the offered load; 1 is the scenario's load. */
  setLoadFactor(factor: number): Promise<void>;
  loadFactor(): Promise<number>;
}

/** Where a scenario runs. A provider makes one; everything above `cluster/` cannot tell providers apart. */
export interface Cluster extends AsyncDisposable {
  readonly provider: 'embedded' | 'kind' | 'kubeconfig';
  readonly profile: ClusterProfile;
  readonly clock: ClusterClock;
  readonly kube: KubeClient;
  readonly prometheus: PrometheusClient;
  readonly telemetry: TelemetrySource;
  readonly nodes: NodeControl;
  readonly load: LoadControl;
  /** What behaves as it should, found out by trying, not by reading configuration. */
  probe(): Promise<ReadonlyMap<Capability, { works: boolean; detail: string }>>;
  /** Creates the application's objects, Prometheus with its rules, and starts the load; returns when it is healthy. */
  deploy(application: Application, options: DeployOptions): Promise<void>;
}

export interface DeployOptions {
  /** Requests a second at the edge. */
  readonly requestsPerSecond: number;
  /** Share of traces recorded, 0..1. */
  readonly traceSampling: number;
  readonly signal?: AbortSignal;
}

export interface ProvisionOptions {
  /** 32-bit seed of everything random in the world. */
  readonly seed: number;
  /** Epoch ms of the cluster's clock at start; ignored where time is real. */
  readonly startMs: number;
  readonly signal?: AbortSignal;
  /** Told what takes long where time is real. */
  readonly onStep?: (text: string) => void;
}

/** Makes clusters of one kind from a profile. */
export interface ClusterProvider {
  readonly name: Cluster['provider'];
  /**
   * The application as clusters of the profile can run it (a share of its CPU requests, …), before anything is planned
   * or deployed. Left out: as it is.
   */
  prepare?(application: Application, profile: ClusterProfile): Application;
  provision(profile: ClusterProfile, options: ProvisionOptions): Promise<Cluster>;
}
