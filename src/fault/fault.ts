import type { TSchema } from 'typebox';
import type { Application } from '../spec/application.ts';
import type { Capability } from '../spec/capability.ts';
import type { KubeObject, ObjectRef } from '../spec/kube-types.ts';
import type { Condition, OperationAction, OperationRole } from '../spec/plan.ts';

/** What a fault sees when it plans: the desired state, from the manifests or from a live cluster; never telemetry. */
export interface ClusterView {
  readonly application: Application;
  /** All objects, sorted by entity name. */
  readonly objects: readonly KubeObject[];
  find(ref: { kind: string; namespace?: string | undefined; name: string }): KubeObject | undefined;
  /** A number in [0,1) for this fault and purpose, keyed by the scenario's seed. */
  random(purpose: string): number;
}

/** An operation before the pipeline gives it id and origin. */
export interface PlannedOperation {
  readonly role: OperationRole;
  /** Milliseconds after the fault's own start. */
  readonly atMs: number;
  readonly summary: string;
  readonly action: OperationAction;
  readonly mayFail?: boolean;
}

/** What must (or must not) be seen, before ids are given. */
export interface PlannedExpectation {
  readonly must: boolean;
  readonly withinMs: number;
  readonly condition: Condition;
}

/** A field of an object a fault changes; two faults of a scenario must not overlap. Path is a JSON pointer. */
export interface TouchedField {
  readonly target: ObjectRef;
  readonly path: string;
}

/** A mistake in a fault's arguments that a schema cannot see, with the JSON pointer of the argument. */
export interface ArgumentProblem {
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

export interface FaultPlan {
  readonly operations: readonly PlannedOperation[];
  readonly expectations: readonly PlannedExpectation[];
}

/**
 * One mechanism of the catalogue. Pure: it plans and never touches a cluster. Root causes are derived from its cause
 * operations and the objects they touch, recovery from the journal; a fault says neither.
 */
export interface Fault<Arguments = unknown> {
  readonly name: string;
  readonly summary: string;
  /** What it is like in life, how it shows, and why it takes hold; a paragraph for `fault show`. */
  readonly description: string;
  readonly category:
    | 'admission'
    | 'scheduling'
    | 'startup'
    | 'configuration'
    | 'routing'
    | 'policy'
    | 'performance'
    | 'dependency'
    | 'infrastructure';
  readonly tags: readonly string[];
  /** Of the arguments; has `examples`. */
  readonly schema: TSchema;
  readonly requires: readonly Capability[];
  /** Arguments that suit this application, for `scenario new`; `undefined` if nothing in it is a suitable target. */
  suggest?(view: ClusterView): Arguments | undefined;
  /** Problems of the arguments against the application (unknown target, unsuitable target): all of them. */
  check(args: Arguments, view: ClusterView): readonly ArgumentProblem[];
  /** Called only when `check` found nothing. */
  plan(args: Arguments, view: ClusterView): FaultPlan;
}

/** An anomaly that is real and not at fault; planned like a fault, all operations are cover. */
export type Distractor<Arguments = unknown> = Omit<Fault<Arguments>, 'category' | 'tags'>;

/** An ordinary change by an operator to objects that have no part in the incident. */
export type Cover<Arguments = unknown> = Omit<Fault<Arguments>, 'category' | 'tags'>;
