import { type Static, Type } from 'typebox';
import type { KubeObject } from './kube-types.ts';
import type { Program } from './program.ts';

const strict = { additionalProperties: false } as const;

/**
 * `clusters/apps/<name>/application.yaml`. Beside it: `manifests/*.yaml` (plain Kubernetes objects, what
 * `kubectl apply -f` would take), `programs/*.yaml` (one Program each), `rules.yaml` (a Prometheus rule file) and
 * `history.yaml` (what happened before: ages, earlier revisions, past events).
 */
export const ApplicationFile = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Application'),
    name: Type.String(),
    summary: Type.String(),
    /** Namespaces of the application; the first holds the edge. */
    namespaces: Type.Array(Type.String(), { minItems: 1 }),
    /** Where users come in. */
    edge: Type.Object({ namespace: Type.String(), service: Type.String() }, strict),
    /** The load generator's Deployment; not part of what can be at fault. */
    load: Type.Object(
      { namespace: Type.String(), workload: Type.String(), requestsPerSecond: Type.Number() },
      strict,
    ),
    /** What users feel: PromQL with `$window`, compared between task and twin. */
    indicators: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          summary: Type.String(),
          expression: Type.String(),
          unit: Type.Union([Type.Literal('ratio'), Type.Literal('seconds'), Type.Literal('per-second')]),
          /** Smallest difference to the twin that a user would feel. */
          threshold: Type.Number(),
        },
        strict,
      ),
      { minItems: 1 },
    ),
    /** Alerts that are always on or come and go by design; noise, never an effect. */
    standingAlerts: Type.Optional(Type.Array(Type.String())),
  },
  strict,
);
export type ApplicationFile = Static<typeof ApplicationFile>;

/** `history.yaml`: how the objects came to be as they are; only used where ages can be given (embedded). */
export const HistoryFile = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('History'),
    /** Age of objects at the start of the window, by `namespace/Kind/name`; others get `defaultAge`. */
    defaultAge: Type.String(),
    ages: Type.Record(Type.String(), Type.String()),
    /** Earlier revisions of workloads: old ReplicaSets with 0 replicas; `patch` is a merge patch of the pod template. */
    revisions: Type.Record(
      Type.String(),
      Type.Array(
        Type.Object({ age: Type.String(), patch: Type.Record(Type.String(), Type.Unknown()) }, strict),
      ),
    ),
    /** Ordinary Events of the hours before the window. */
    events: Type.Array(
      Type.Object(
        {
          about: Type.String({
            description: '`namespace/Kind/name`; a workload name stands for its first pod when kind is Pod.',
          }),
          type: Type.Union([Type.Literal('Normal'), Type.Literal('Warning')]),
          reason: Type.String(),
          message: Type.String(),
          source: Type.String(),
          age: Type.String(),
          count: Type.Optional(Type.Integer()),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type HistoryFile = Static<typeof HistoryFile>;

/** An application, loaded: everything a provider needs to run it. */
export interface Application {
  readonly file: ApplicationFile;
  readonly name: string;
  readonly directory: string;
  /** In dependency order (namespaces first), as in the files. */
  readonly manifests: readonly KubeObject[];
  /** By image repository. */
  readonly programs: ReadonlyMap<string, Program>;
  /** Text of the Prometheus rule file. */
  readonly rules: string;
  readonly history: HistoryFile | undefined;
}
