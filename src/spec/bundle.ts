import { type Static, Type } from 'typebox';

const strict = { additionalProperties: false } as const;
const Digest = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' });
const Time = Type.String({ format: 'date-time' });
/** `namespace/Kind/name` or `cluster/Kind/name`. */
export const EntityNameText = Type.String({ pattern: '^[^/]+/[^/]+/[^/]+$' });

/** `manifest.json` of a bundle. Nothing in it tells the fault. */
export const Manifest = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Bundle'),
    /** Opaque: ten characters derived from the seed. */
    task: Type.String({ pattern: '^[a-z0-9]{10}$' }),
    domain: Type.String(),
    split: Type.Union([Type.Literal('public'), Type.Literal('held-out')]),
    application: Type.String(),
    provider: Type.String(),
    window: Type.Object({ start: Time, end: Time }, strict),
    /** Sorted by path; `rows`: lines without headers, absent where it means nothing. */
    files: Type.Array(
      Type.Object(
        { path: Type.String(), digest: Digest, bytes: Type.Integer(), rows: Type.Optional(Type.Integer()) },
        strict,
      ),
    ),
    /** Digest over `files`. */
    publicDigest: Digest,
    /** sha256(salt || digests of private files); the salt is inside private/. */
    privateCommitment: Digest,
    canary: Type.String(),
  },
  strict,
);
export type Manifest = Static<typeof Manifest>;

/** `private/ground-truth.yaml`. */
export const GroundTruth = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('GroundTruth'),
    task: Type.String(),
    /** Empty for a control task. */
    rootCauses: Type.Array(
      Type.Object(
        {
          entity: EntityNameText,
          /** What else counts as naming it, e.g. the old name of a deleted pod. */
          accepted: Type.Array(EntityNameText),
          fault: Type.String(),
          mechanism: Type.String(),
          summary: Type.String(),
        },
        strict,
      ),
    ),
    symptoms: Type.Array(Type.Object({ entity: EntityNameText, signals: Type.Array(Type.String()) }, strict)),
    distractors: Type.Array(Type.Object({ entity: EntityNameText, summary: Type.String() }, strict)),
    /** Objects touched by trigger operations: wrong as an answer. */
    triggers: Type.Array(EntityNameText),
    propagation: Type.Array(
      Type.Object({ from: EntityNameText, to: EntityNameText, kind: Type.String() }, strict),
    ),
  },
  strict,
);
export type GroundTruth = Static<typeof GroundTruth>;

/** `agent_output.json`: what an agent answers. */
export const Submission = Type.Object(
  {
    contributing_factors: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          reasoning: Type.Optional(Type.String()),
          evidence: Type.Optional(Type.String()),
        },
        { additionalProperties: true },
      ),
    ),
  },
  { additionalProperties: true },
);
export type Submission = Static<typeof Submission>;

const Texts = Type.Record(Type.String(), Type.String());

/** A line of `public/objects.jsonl`: the object as it last was in the window. */
export const ObjectLine = Type.Object(
  {
    apiVersion: Type.String(),
    kind: Type.String(),
    metadata: Type.Object(
      {
        name: Type.String({ minLength: 1 }),
        namespace: Type.Optional(Type.String({ minLength: 1 })),
        uid: Type.Optional(Type.String()),
      },
      { additionalProperties: true },
    ),
    /** When it was gone; absent if it was there at the end of the window. */
    deleted: Type.Optional(Time),
  },
  { additionalProperties: true },
);
export type ObjectLine = Static<typeof ObjectLine>;

/** A line of `public/events.jsonl`: a core/v1 Event, last state. */
export const EventLine = Type.Object(
  {
    apiVersion: Type.String(),
    kind: Type.Literal('Event'),
    metadata: Type.Object(
      { name: Type.String(), namespace: Type.Optional(Type.String()) },
      { additionalProperties: true },
    ),
    involvedObject: Type.Object(
      {
        kind: Type.Optional(Type.String()),
        name: Type.Optional(Type.String()),
        namespace: Type.Optional(Type.String()),
      },
      { additionalProperties: true },
    ),
    reason: Type.Optional(Type.String()),
    message: Type.Optional(Type.String()),
    type: Type.Optional(Type.String()),
    count: Type.Optional(Type.Integer()),
  },
  { additionalProperties: true },
);
export type EventLine = Static<typeof EventLine>;

/** A line of `public/alerts.jsonl`: an alert turned to this state. */
export const AlertLine = Type.Object(
  {
    time: Time,
    state: Type.Union([Type.Literal('pending'), Type.Literal('firing'), Type.Literal('inactive')]),
    name: Type.String(),
    labels: Texts,
    annotations: Texts,
    /** Of the rule's expression when the state changed; absent when unknown or not a finite number. */
    value: Type.Optional(Type.Number()),
  },
  strict,
);
export type AlertLine = Static<typeof AlertLine>;

/** A line of `public/traces.jsonl`: one finished span. */
export const SpanLine = Type.Object(
  {
    traceId: Type.String({ minLength: 1 }),
    spanId: Type.String({ minLength: 1 }),
    parentSpanId: Type.Optional(Type.String()),
    name: Type.String(),
    kind: Type.Union([
      Type.Literal('SERVER'),
      Type.Literal('CLIENT'),
      Type.Literal('PRODUCER'),
      Type.Literal('CONSUMER'),
      Type.Literal('INTERNAL'),
    ]),
    start: Time,
    durationNs: Type.Integer({ minimum: 0 }),
    status: Type.Union([Type.Literal('UNSET'), Type.Literal('OK'), Type.Literal('ERROR')]),
    statusMessage: Type.Optional(Type.String()),
    resource: Texts,
    attributes: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
    events: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), time: Time, attributes: Texts }, strict)),
    ),
  },
  strict,
);
export type SpanLine = Static<typeof SpanLine>;

/** A line of `changes.jsonl` (private, unless the scenario grants it). */
export const ChangeLine = Type.Object(
  {
    time: Time,
    verb: Type.Union([Type.Literal('create'), Type.Literal('update'), Type.Literal('delete')]),
    entity: EntityNameText,
    patch: Type.Array(
      Type.Object({ op: Type.String(), path: Type.String() }, { additionalProperties: true }),
    ),
  },
  strict,
);
export type ChangeLine = Static<typeof ChangeLine>;

/** `public/topology.json`. */
export const TopologyFile = Type.Object(
  {
    services: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          namespace: Type.String(),
          workload: Type.Optional(Type.String()),
          selector: Type.Optional(Texts),
          pods: Type.Array(Type.String()),
        },
        strict,
      ),
    ),
    calls: Type.Array(
      Type.Object(
        { from: Type.String(), to: Type.String(), protocol: Type.String(), count: Type.Integer() },
        strict,
      ),
    ),
  },
  strict,
);
export type TopologyFile = Static<typeof TopologyFile>;
