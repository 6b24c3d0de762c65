import { type Static, Type } from 'typebox';
import { durationPattern } from '../base/duration.ts';
import { DroppedTask, SuiteDifficulty } from './suite-difficulty.ts';

const strict = { additionalProperties: false } as const;
const Duration = Type.String({
  pattern: durationPattern,
  description: 'A duration such as "90s", "10m" or "1m30s".',
});
const Id = Type.String({
  pattern: '^[a-z][a-z0-9-]*$',
  description: 'Lower-case letters, digits and dashes, a letter first.',
});

/** How a change takes hold that waits for pods to be replaced. */
export const Trigger = Type.Object(
  {
    pods: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'How many pods are replaced, the oldest first; by default as many as the fault plans.',
      }),
    ),
    over: Type.Optional(
      Type.String({
        pattern: durationPattern,
        description: 'The pods are replaced one after the other, spread over this time.',
      }),
    ),
  },
  { ...strict, minProperties: 1 },
);

/** Load that swells again and again, before and during the incident, in the twin as well. */
export const Waves = Type.Object(
  {
    every: Type.String({
      pattern: durationPattern,
      description: 'From the start of one wave to the start of the next.',
    }),
    lasts: Type.String({ pattern: durationPattern, description: 'Shorter than "every".' }),
    factor: Type.Number({
      exclusiveMinimum: 1,
      maximum: 10,
      description: 'Times the ordinary load.',
    }),
  },
  strict,
);

/** One use of a mechanism; `args` is checked against the fault's own schema. */
export const FaultUse = Type.Object(
  {
    id: Type.Optional(Id),
    fault: Type.String({ description: 'Name in the catalogue: `culprit fault list`.' }),
    /** After the start of the incident; default 0. */
    at: Type.Optional(Duration),
    /** Neighbours of the cause that count as naming it; the lints refuse those that the evidence tells from it. */
    accepts: Type.Optional(
      Type.Array(
        Type.String({
          pattern: '^[^/]+/[^/]+/[^/]+$',
          description: 'namespace/Kind/name of an object that the evidence cannot tell from the cause.',
        }),
      ),
    ),
    /** The change was made this long before `at`, ahead of the recorded window; only what lets it take hold comes at `at`. */
    predates: Type.Optional(
      Type.String({
        pattern: durationPattern,
        description:
          'How long before "at" the change was made: before the recorded window. Only what lets it take hold (a restart, pods that are lost) comes at "at".',
      }),
    ),
    trigger: Type.Optional(Trigger),
    args: Type.Record(Type.String(), Type.Unknown()),
  },
  strict,
);

/** An anomaly that is real and not at fault. */
export const DistractorUse = Type.Object(
  {
    id: Type.Optional(Id),
    distractor: Type.String(),
    at: Type.Optional(Duration),
    args: Type.Record(Type.String(), Type.Unknown()),
  },
  strict,
);

/** An ordinary change by an operator, before or during the incident; `at` may be negative (`-5m`). */
export const CoverUse = Type.Object(
  {
    id: Type.Optional(Id),
    cover: Type.String(),
    at: Type.String({
      pattern: `^-?${durationPattern.slice(1)}`,
      description: 'Relative to the incident; negative is before it.',
    }),
    args: Type.Record(Type.String(), Type.Unknown()),
  },
  strict,
);

/** What the author expects beyond what the faults themselves promise. */
export const ExpectationEntry = Type.Object(
  {
    alert: Type.Optional(Type.String()),
    event: Type.Optional(
      Type.Object(
        {
          namespace: Type.String(),
          reason: Type.String(),
          kind: Type.Optional(Type.String()),
          name: Type.Optional(Type.String()),
        },
        strict,
      ),
    ),
    log: Type.Optional(
      Type.Object({ namespace: Type.String(), workload: Type.String(), pattern: Type.String() }, strict),
    ),
    metric: Type.Optional(Type.String({ description: 'PromQL that returns a non-zero sample.' })),
    within: Type.Optional(Duration),
    /** false: must not be seen during the incident. */
    must: Type.Optional(Type.Boolean()),
  },
  strict,
);

/** The seed shifts the start of the incident inside the window: so far may it change the length of the baseline, in shares of it. */
export const baselineShare = { least: 0.85, spread: 0.3, most: 1.15 };

export const Scenario = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Scenario'),
    metadata: Type.Object(
      {
        name: Id,
        summary: Type.String(),
        category: Type.Optional(Type.String()),
        tags: Type.Optional(Type.Array(Type.String())),
        split: Type.Union([Type.Literal('public'), Type.Literal('held-out')]),
        version: Type.Integer({ minimum: 1 }),
      },
      strict,
    ),
    domain: Type.Literal('sre'),
    application: Type.String({ description: 'Folder below clusters/apps/.' }),
    cluster: Type.String({
      description: 'Cluster profile: a file name below clusters/ without .yaml, or a path.',
    }),
    timeline: Type.Object({ warmUp: Duration, baseline: Duration, incident: Duration }, strict),
    load: Type.Optional(
      Type.Object(
        {
          requestsPerSecond: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
          waves: Type.Optional(Waves),
        },
        strict,
      ),
    ),
    telemetry: Type.Optional(
      Type.Object({ traceSampling: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })) }, strict),
    ),
    /** Extra evidence the agent is granted; `changes` is the object change log, which is nearly the answer. */
    evidence: Type.Optional(Type.Array(Type.Literal('changes'))),
    faults: Type.Array(FaultUse),
    distractors: Type.Optional(Type.Array(DistractorUse)),
    cover: Type.Optional(Type.Array(CoverUse)),
    expect: Type.Optional(Type.Array(ExpectationEntry)),
    /** The effect does not reach users inside the window; the proof then asks for expectations only. */
    latent: Type.Optional(Type.Boolean()),
    /** 32 hex digits; given to make a task reproducible, absent for held-out scenarios. */
    seed: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$', description: '32 hex digits.' })),
  },
  strict,
);
export type Scenario = Static<typeof Scenario>;

/** A list of scenarios built and judged together. */
export const Suite = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Suite'),
    metadata: Type.Object(
      { name: Id, summary: Type.String(), version: Type.Integer({ minimum: 1 }) },
      strict,
    ),
    /** Scenario files, relative to the suite file. */
    scenarios: Type.Array(Type.String(), { minItems: 1 }),
    /** What the suite asks of its tasks' difficulty. */
    difficulty: Type.Optional(SuiteDifficulty),
    /** Tasks that were taken out, with the reason: a selection has to be visible. */
    dropped: Type.Optional(Type.Array(DroppedTask)),
  },
  strict,
);
export type Suite = Static<typeof Suite>;
