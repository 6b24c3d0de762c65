import { type Static, Type } from 'typebox';

const strict = { additionalProperties: false } as const;
const Id = Type.String({
  pattern: '^[a-z][a-z0-9-]*$',
  description: 'Lower-case letters, digits and dashes, a letter first.',
});
/** Part of a scenario: any of its fields. What comes out of the merge is checked as a scenario. */
const Part = Type.Record(Type.String(), Type.Unknown());

/** Objects of the application's manifests, by their names `namespace/Kind/name`, in the order of the manifests. */
const ObjectQuery = Type.Object(
  {
    kind: Type.String({ description: 'A kind such as Deployment.' }),
    namespaces: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    except: Type.Optional(Type.Array(Type.String())),
  },
  strict,
);

/** One of the things that may be chosen. */
export const Alternative = Type.Object(
  {
    /**
     * Merged into what the variant has so far: objects field by field, lists one after the other, everything else
     * replaced, `null` removed. A text `$name` stands for a value of `where`.
     */
    merge: Part,
    /** Values by name: a list, or a question to the application's manifests. Each combination is a choice of its own. */
    where: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[a-z][A-Za-z0-9]*$' }),
        Type.Union([Type.Array(Type.Unknown(), { minItems: 1 }), ObjectQuery]),
      ),
    ),
  },
  strict,
);
export type Alternative = Static<typeof Alternative>;

/** `scenarios/<application>/templates/*.yaml`: what `scenario generate` makes variants of. */
export const ScenarioTemplate = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('ScenarioTemplate'),
    metadata: Type.Object(
      { name: Id, summary: Type.String(), version: Type.Integer({ minimum: 1 }) },
      strict,
    ),
    /** How many variants are wanted. */
    count: Type.Integer({ minimum: 1, maximum: 1000 }),
    /** Variants are called `<prefix>-<four characters>`; default: the template's name. */
    prefix: Type.Optional(Id),
    /** 32 hex digits; the same template and seed choose the same variants. Drawn and noted down if absent. */
    seed: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$', description: '32 hex digits.' })),
    /** Variants tried at most; default: four for each that is wanted, and ten. */
    attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    /**
     * Two variants with the same mechanisms and causes are near-duplicates when this share of what they show is the
     * same; default 0.8.
     */
    similarity: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
    /**
     * What a variant must withstand: solvers that take one look (`trivial`, the default), or every solver without a model
     * but the ensemble and those that guess (`heuristics`).
     */
    floor: Type.Optional(Type.Union([Type.Literal('trivial'), Type.Literal('heuristics')])),
    /** What all variants share. */
    base: Part,
    /** One alternative of each list is chosen for a variant and merged, in this order. */
    choose: Type.Array(Type.Object({ name: Id, from: Type.Array(Alternative, { minItems: 1 }) }, strict), {
      minItems: 1,
    }),
  },
  strict,
);
export type ScenarioTemplate = Static<typeof ScenarioTemplate>;
