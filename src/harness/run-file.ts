import { type Static, Type } from 'typebox';
import { ModelPrice } from '../spec/prices.ts';

const strict = { additionalProperties: false } as const;

/** A model that takes part in a run, with everything its replies depend on. No keys. */
export const ModelEntry = Type.Object(
  {
    /** What the samples are filed under. */
    agent: Type.String(),
    model: Type.String(),
    profile: Type.String(),
    baseUrl: Type.Optional(Type.String()),
    settings: Type.Object(
      {
        reasoningEffort: Type.Optional(Type.String()),
        temperature: Type.Optional(Type.Number()),
        seed: Type.Optional(Type.Integer()),
        maxTokens: Type.Optional(Type.Integer({ minimum: 1 })),
      },
      strict,
    ),
    contextTokens: Type.Integer({ minimum: 1 }),
    price: Type.Optional(ModelPrice),
    /** The script, or the run that is replayed: where it is from the run directory, and its digest. */
    source: Type.Optional(Type.Object({ path: Type.String(), digest: Type.String() }, strict)),
  },
  strict,
);
export type ModelEntry = Static<typeof ModelEntry>;

/** A program that takes part in a run. */
export const ExternalEntry = Type.Object(
  {
    agent: Type.String(),
    command: Type.String(),
    /** Files given to it, by name, with their digests; copies are in `files/` of the run directory. */
    files: Type.Record(Type.String(), Type.String()),
    allowHosts: Type.Array(Type.String()),
    /** Names of the variables it is given; never their values. */
    environment: Type.Array(Type.String()),
  },
  strict,
);
export type ExternalEntry = Static<typeof ExternalEntry>;

/** `run.json`: what was asked for; written first and never changed. */
export const RunFile = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Run'),
    id: Type.String(),
    version: Type.String(),
    /** All agents, models and external ones included. */
    agents: Type.Array(Type.String()),
    repeats: Type.Integer({ minimum: 1 }),
    /** Bundles by task id: where they were and the digest of their manifest. */
    tasks: Type.Array(
      Type.Object({ task: Type.String(), directory: Type.String(), digest: Type.String() }, strict),
    ),
    models: Type.Optional(Type.Array(ModelEntry)),
    externals: Type.Optional(Type.Array(ExternalEntry)),
    /** Digest of the instruction's wording. */
    instruction: Type.Optional(Type.String()),
    limits: Type.Optional(
      Type.Object(
        {
          turns: Type.Integer({ minimum: 1 }),
          timeMs: Type.Number(),
          tokens: Type.Optional(Type.Integer()),
          costUsd: Type.Optional(Type.Number()),
          commandMs: Type.Number(),
          outputCharacters: Type.Integer(),
          summariseAt: Type.Number(),
        },
        strict,
      ),
    ),
    /** Where commands ran. A run that was not isolated is never ranked. */
    sandbox: Type.Optional(Type.Object({ name: Type.String(), isolated: Type.Boolean() }, strict)),
  },
  strict,
);
export type RunFile = Static<typeof RunFile>;

const Count = Type.Number({ minimum: 0 });

/** `result.json` of a sample: how it ended, never how well. */
export const SampleFile = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Sample'),
    task: Type.String(),
    agent: Type.String(),
    repeat: Type.Integer({ minimum: 0 }),
    /** An ExitReason; `infrastructure-error` is no result: it is not scored, and repeated when the run is continued. */
    exitReason: Type.String(),
    detail: Type.Optional(Type.String()),
    elapsedMs: Type.Number(),
    totals: Type.Optional(
      Type.Object(
        {
          turns: Count,
          usage: Type.Object(
            { input: Count, cached: Count, cacheWritten: Count, output: Count, reasoning: Count },
            strict,
          ),
          costUsd: Type.Optional(Count),
          modelMs: Count,
          toolMs: Count,
          commands: Count,
          retries: Type.Record(Type.String(), Count),
        },
        strict,
      ),
    ),
    /** What broke in earlier attempts of this sample, oldest first. */
    infrastructureFailures: Type.Optional(Type.Array(Type.String())),
  },
  strict,
);
export type SampleFile = Static<typeof SampleFile>;

/** Whether a sample counts: its agent had a fair chance. */
export function isScored(sample: Pick<SampleFile, 'exitReason'>): boolean {
  return sample.exitReason !== 'infrastructure-error';
}

/** The settings of two runs that differ, as `path: old → new`. Empty: the second continues the first. */
export function runDifferences(before: unknown, after: unknown, path = ''): string[] {
  if (isBranch(before) && isBranch(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap((name) =>
      runDifferences(before[name], after[name], path ? `${path}.${name}` : name),
    );
  }
  const show = (value: unknown) => {
    const text = JSON.stringify(value) ?? 'nothing';
    return text.length > 80 ? `${text.slice(0, 80)}…` : text;
  };
  return JSON.stringify(before) === JSON.stringify(after)
    ? []
    : [`${path}: ${show(before)} → ${show(after)}`];
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
