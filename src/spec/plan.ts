import type { KubeObject, ObjectRef } from './kube-types.ts';

/** Every mutation of a plan is one of these. The twin is the plan without its causes. */
export type OperationRole =
  | 'cause' // introduces the failure
  | 'trigger' // lets it take hold: a restart, a scale-up, load
  | 'cover'; // ordinary change that happens anyway (cover and distractors)

/**
 * What is done, as data. Everything but `node` and `load` is a Kubernetes API call. A text `$NOW` in an object or a patch
 * stands for the time when it is done (RFC 3339, whole seconds), as `kubectl rollout restart` writes it.
 */
export type OperationAction =
  | { readonly verb: 'create'; readonly object: KubeObject }
  | {
      readonly verb: 'patch';
      readonly target: ObjectRef;
      readonly type: 'json' | 'merge' | 'strategic';
      readonly body: unknown;
    }
  | { readonly verb: 'delete'; readonly target: ObjectRef; readonly gracePeriodSeconds?: number }
  /** Deletes pods owned (through a ReplicaSet too) by a workload; which ones is decided when it is done. */
  | {
      readonly verb: 'delete-pods';
      readonly owner: ObjectRef;
      readonly count: number | 'all';
      readonly gracePeriodSeconds?: number;
    }
  | { readonly verb: 'stop-node' | 'start-node'; readonly node: string }
  /** Stops the node that runs the most pods of a workload (ties: the first pod name); which one is decided when it is done. */
  | { readonly verb: 'stop-node-of'; readonly owner: ObjectRef }
  | { readonly verb: 'set-load'; readonly factor: number };

/** One step of a plan. */
export interface Operation {
  /** Unique in the plan: `<fault id>/<n>`. */
  readonly id: string;
  /** The scenario's fault, distractor or cover entry it comes from. */
  readonly origin: { readonly type: 'fault' | 'distractor' | 'cover'; readonly id: string };
  readonly role: OperationRole;
  /** Milliseconds after the start of the incident (negative: before it). */
  readonly atMs: number;
  /** One line for people, e.g. `lower limit pods of shop/ResourceQuota/compute from 40 to 24`. */
  readonly summary: string;
  readonly action: OperationAction;
  /**
   * The API may refuse it and the plan goes on (a rollout that a quota will block is accepted by the API; this is for
   * operations such as deleting a pod that may be gone already). Default false.
   */
  readonly mayFail?: boolean;
}

/**
 * A condition on a capture. `must: true` has to hold within `withinMs` after the incident starts;
 * `must: false` must not hold at any time of the incident. `baseline: false` conditions are not looked for before it.
 */
export interface Expectation {
  readonly id: string;
  readonly origin: string;
  readonly must: boolean;
  readonly withinMs: number;
  readonly condition: Condition;
  /** What a distractor shows: the twin has it too. Others must not be seen there. */
  readonly inTwin?: true;
}

export type Condition =
  /** An Event with this reason about an object of this kind whose name is, or begins with, `name`. */
  | {
      readonly type: 'event';
      readonly namespace: string;
      readonly reason: string;
      readonly kind?: string;
      readonly name?: string;
      readonly message?: string;
    }
  /** An alert in state firing whose labels contain these. */
  | { readonly type: 'alert'; readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  /** A log line of the workload that matches the regular expression; with `afterMs` not earlier than that in the incident. */
  | {
      readonly type: 'log';
      readonly namespace: string;
      readonly workload: string;
      readonly pattern: string;
      readonly afterMs?: number;
    }
  /** A recorded span of the service in error whose status message or `error.type` matches. */
  | { readonly type: 'span'; readonly service: string; readonly pattern: string }
  /** A PromQL expression that returns at least one non-zero sample. */
  | { readonly type: 'metric'; readonly expression: string }
  /** A container of the workload's pods was in a waiting or terminated state with this reason (object changes). */
  | {
      readonly type: 'container';
      readonly namespace: string;
      readonly workload: string;
      readonly reason: string;
    };

/** A scenario made concrete. Data; printable; not yet done. */
export interface Plan {
  readonly scenario: string;
  /** 32 lower-case hex digits. */
  readonly seed: string;
  readonly provider: string;
  readonly startMs: number;
  readonly warmUpMs: number;
  /** The healthy time that is captured, jittered by the seed. */
  readonly baselineMs: number;
  readonly incidentMs: number;
  readonly requestsPerSecond: number;
  readonly traceSampling: number;
  readonly operations: readonly Operation[];
  readonly expectations: readonly Expectation[];
  readonly latent: boolean;
}
