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
    files: Type.Array(Type.Object({ path: Type.String(), digest: Digest, bytes: Type.Integer(), rows: Type.Optional(Type.Integer()) }, strict)),
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
    propagation: Type.Array(Type.Object({ from: EntityNameText, to: EntityNameText, kind: Type.String() }, strict)),
  },
  strict,
);
export type GroundTruth = Static<typeof GroundTruth>;

/** `agent_output.json`: what an agent answers. */
export const Submission = Type.Object(
  {
    contributing_factors: Type.Array(
      Type.Object({ name: Type.String(), reasoning: Type.Optional(Type.String()), evidence: Type.Optional(Type.String()) }, { additionalProperties: true }),
    ),
  },
  { additionalProperties: true },
);
export type Submission = Static<typeof Submission>;
