import type { KubeObject, ObjectRef } from './kube-types.ts';
import type { ContainerLog, Series, Span } from './telemetry.ts';

/** An object as it last was in the window; `deletedMs` if it was gone at the end. */
export interface RecordedObject {
  readonly object: KubeObject;
  readonly deletedMs?: number;
}

/** One change of an object seen by the watch. `patch` is a JSON patch from the state before (RFC 6902). */
export interface ObjectChange {
  readonly timeMs: number;
  readonly verb: 'create' | 'update' | 'delete';
  readonly ref: ObjectRef;
  readonly patch: readonly unknown[];
  readonly resourceVersion: string;
}

/** An alert turning pending, firing or inactive. */
export interface AlertChange {
  readonly timeMs: number;
  readonly state: 'pending' | 'firing' | 'inactive';
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value: number | undefined;
}

/** A container's state as a Pod's status told it, whenever it changed. */
export interface ContainerStateChange {
  readonly timeMs: number;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly state: 'waiting' | 'running' | 'terminated';
  readonly reason: string | undefined;
  readonly exitCode: number | undefined;
  readonly restartCount: number;
}

/** An Event was written or counted up: `delta` more of it at this time. */
export interface EventOccurrence {
  readonly timeMs: number;
  readonly namespace: string;
  /** Name of the Event object. */
  readonly name: string;
  readonly delta: number;
}

/** Samples of all series of one metric name in the window. */
export interface MetricRecording {
  readonly name: string;
  readonly series: readonly Series[];
}

/** Calls between services as observed in traces, with owners and selectors. */
export interface Topology {
  readonly services: readonly TopologyService[];
  readonly calls: readonly {
    readonly from: string;
    readonly to: string;
    readonly protocol: string;
    readonly count: number;
  }[];
}

export interface TopologyService {
  /** `service.name`. */
  readonly name: string;
  readonly namespace: string;
  readonly workload: string | undefined;
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly pods: readonly string[];
}

/** What the collectors brought home of one world: raw, before sanitising. Large parts stream. */
export interface Recording {
  readonly window: { readonly startMs: number; readonly incidentMs: number; readonly endMs: number };
  readonly application: string;
  readonly provider: string;
  /** Sorted by entity name, then uid. Without Events. */
  readonly objects: readonly RecordedObject[];
  /** Sorted by resourceVersion. */
  readonly changes: readonly ObjectChange[];
  /** Kubernetes Events, last state of each, sorted by last time and name. */
  readonly events: readonly KubeObject[];
  /** State changes sorted by time, name, labels; alerts already on at the start have the window's start as time. */
  readonly alerts: readonly AlertChange[];
  readonly rules: string;
  readonly topology: Topology;
  metrics(): AsyncIterable<MetricRecording>;
  /** Epoch ms at which metrics have samples, ascending; where absent, what the series themselves say. */
  readonly metricTimesMs?: readonly number[];
  spans(): AsyncIterable<Span>;
  logs(): AsyncIterable<ContainerLog>;
  readonly losses: Readonly<Record<string, number>>;
  /** Sorted by time, pod, container. What was so when the window began has the window's start as time. */
  readonly containerStates?: readonly ContainerStateChange[];
  /** Sorted by time and name; only those in the window. */
  readonly eventOccurrences?: readonly EventOccurrence[];
  /** Every value (decoded) any Secret had while watched, for the sanitiser; never written anywhere. */
  readonly secretValues?: readonly string[];
}
