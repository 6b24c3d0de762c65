import { type Static, Type } from 'typebox';

const strict = { additionalProperties: false } as const;
const Entity = Type.String({ pattern: '^[^/]+/[^/]+/[^/]+$' });
const Value = Type.Union([Type.Number(), Type.Null()]);

/** What one world showed at the end of its incident, as a difference to the twin. */
export const CounterfactualWorld = Type.Object(
  {
    /** `task`, `twin`, `without <entity>`, `only <entity>`, `distractors`; several where worlds are equal. */
    names: Type.Array(Type.String(), { minItems: 1 }),
    /** Ids of the plan's operations that were done in it, in order. */
    operations: Type.Array(Type.String()),
    /** Alerts that fire at the end and at no time of the twin's incident; for `distractors`: since the incident began. */
    alerts: Type.Array(
      Type.Object({ name: Type.String(), labels: Type.Record(Type.String(), Type.String()) }, strict),
    ),
    indicators: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          unit: Type.String(),
          /** Mean of the healthy time and of the second half of the incident; null: no data. */
          baseline: Value,
          incident: Value,
          /** Whether users feel the difference to the twin. */
          felt: Type.Boolean(),
        },
        strict,
      ),
    ),
    /** Entities that suffer, other than the causes. */
    symptoms: Type.Array(Entity),
  },
  strict,
);
export type CounterfactualWorld = Static<typeof CounterfactualWorld>;

const Claim = Type.Object(
  {
    holds: Type.Boolean(),
    /** For people: what shows it, or what is wrong. */
    detail: Type.String(),
  },
  strict,
);

/** What the worlds say of one cause. */
export const CounterfactualCause = Type.Object(
  {
    entity: Entity,
    operations: Type.Array(Type.String()),
    /** Without it something clears that the other causes do not explain. */
    necessary: Claim,
    /** Without the other causes and the distractors it makes an incident. */
    effective: Claim,
    /** What it shows alone and the task would show without it as well: who explains it there. */
    hidden: Type.Array(
      Type.Object({ sign: Type.String(), by: Type.Array(Entity), detail: Type.String() }, strict),
    ),
  },
  strict,
);
export type CounterfactualCause = Static<typeof CounterfactualCause>;

/** `private/counterfactuals.json`: the worlds in which parts of a plan were left out or undone, and what follows. */
export const Counterfactuals = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Counterfactuals'),
    /** Why the proof was not made; then there are no worlds. */
    skipped: Type.Optional(Type.String()),
    worlds: Type.Array(CounterfactualWorld),
    causes: Type.Array(CounterfactualCause),
    triggers: Type.Object(
      {
        /** Operations that were undone at the end of the window, while the causes stayed. */
        undone: Type.Array(Type.String()),
        /** Operations that cannot be taken back, and why. */
        lasting: Type.Array(Type.Object({ operation: Type.String(), why: Type.String() }, strict)),
        /** The incident goes on without them; absent where nothing could be undone. */
        goesOn: Type.Optional(Claim),
        /** How long after they were undone it was looked at again. */
        afterMs: Type.Optional(Type.Integer()),
      },
      strict,
    ),
    /** Distractors and cover alone leave what users feel as it is. */
    distractors: Claim,
    /** Everything that keeps the task from being sound; empty in a bundle, unless it is a draft. */
    problems: Type.Array(Type.String()),
  },
  strict,
);
export type Counterfactuals = Static<typeof Counterfactuals>;
