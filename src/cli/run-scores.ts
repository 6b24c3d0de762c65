import { join } from 'node:path';
import { atomicWrite } from '../base/atomic-write.ts';
import { UserError } from '../base/errors.ts';
import type { RunDirectory } from '../harness/run-directory.ts';
import { isScored, type SampleFile } from '../harness/run-file.ts';
import { type Aggregate, aggregate, aggregateBy, type Dimension, splitGap } from '../scoring/aggregate.ts';
import type { Gap } from '../scoring/estimate.ts';
import { createTaskScorer } from '../scoring/score-run.ts';
import type { DuplicatePolicy, Score } from '../scoring/score-submission.ts';
import type { Effort, ScoredSample } from '../scoring/scored-sample.ts';

export interface SampleScore {
  readonly task: string;
  readonly agent: string;
  readonly repeat: number;
  readonly exitReason: string;
  readonly score: Score;
  readonly effort: Effort;
}

/** Results of one agent on the tasks of one provider. */
export interface AgentResult {
  readonly agent: string;
  readonly provider: string;
  readonly aggregate: Aggregate;
  /** By property, then by its value. */
  readonly by: Readonly<
    Record<(typeof breakdowns)[number], readonly { readonly value: string; readonly aggregate: Aggregate }[]>
  >;
  /** Public minus held-out; absent where one of them is missing. */
  readonly splitGap?: Gap;
}

const breakdowns = ['split', 'application', 'category', 'tag'] as const satisfies readonly Dimension[];

/** `scores.json` of a run: made from the answers and the bundles alone, so it can be made again at any time. */
export interface RunScores {
  readonly apiVersion: 'culprit.dev/v1';
  readonly kind: 'RunScores';
  readonly run: string;
  readonly policy: DuplicatePolicy;
  /** By agent, then provider: never pooled over providers. */
  readonly results: readonly AgentResult[];
  readonly unfinished: number;
  /** Samples whose infrastructure broke in every attempt: no result, not in any mean. */
  readonly infrastructureFailed: number;
  /** Whether the agents could reach nothing but the task. A run that says false is never ranked. */
  readonly isolated: boolean;
  readonly samples: readonly SampleScore[];
}

/** A run with what its statistics were made from. */
export interface ScoredRun {
  readonly run: RunDirectory;
  readonly scores: RunScores;
  /** Samples by agent. */
  readonly scored: ReadonlyMap<string, readonly ScoredSample[]>;
}

/** Scores every finished sample of a run and writes `scores.json` into it. */
export async function scoreRun(
  run: RunDirectory,
  policy: DuplicatePolicy,
  identities: readonly string[] = [],
): Promise<RunScores> {
  return (await scoreSamples(run, policy, identities)).scores;
}

/** As scoreRun, with the samples. `identities` open sealed tasks. */
export async function scoreSamples(
  run: RunDirectory,
  policy: DuplicatePolicy,
  identities: readonly string[] = [],
): Promise<ScoredRun> {
  const samples: SampleScore[] = [];
  const scored = new Map<string, ScoredSample[]>(run.run.agents.map((agent) => [agent, []]));
  let unfinished = 0;
  let infrastructureFailed = 0;
  for (const { task, directory } of run.run.tasks) {
    const scorer = await createTaskScorer(join(run.path, directory), policy, identities);
    for (const key of run.keys().filter((key) => key.task === task)) {
      const result = await run.result(key);
      if (result === undefined) {
        unfinished++;
        continue;
      }
      if (!isScored(result)) {
        infrastructureFailed++;
        continue;
      }
      const score = scorer.score(await run.submission(key));
      const effort = effortOf(result);
      samples.push({ ...key, exitReason: result.exitReason, score, effort });
      scored.get(key.agent)?.push(scorer.sample(key.repeat, score, effort));
    }
  }
  const scores: RunScores = {
    apiVersion: 'culprit.dev/v1',
    kind: 'RunScores',
    run: run.run.id,
    policy,
    results: [...scored].flatMap(([agent, own]) =>
      [...Map.groupBy(own, (sample) => sample.provider)].map(([provider, group]) =>
        resultOf(agent, provider, group),
      ),
    ),
    unfinished,
    infrastructureFailed,
    isolated: run.run.sandbox?.isolated ?? true,
    samples,
  };
  await atomicWrite(join(run.path, 'scores.json'), `${JSON.stringify(scores, undefined, 2)}\n`);
  return { run, scores, scored };
}

function resultOf(agent: string, provider: string, samples: readonly ScoredSample[]): AgentResult {
  const by = (dimension: Dimension) =>
    aggregateBy(samples, dimension).map(([value, aggregate]) => ({ value, aggregate }));
  const gap = splitGap(samples);
  return {
    agent,
    provider,
    aggregate: aggregate(samples),
    by: { split: by('split'), application: by('application'), category: by('category'), tag: by('tag') },
    ...(gap ? { splitGap: gap } : {}),
  };
}

function effortOf({ totals, elapsedMs }: SampleFile): Effort {
  if (!totals) return { elapsedMs };
  const { turns, usage, costUsd } = totals;
  return {
    turns,
    tokens: usage.input + usage.output,
    ...(costUsd === undefined ? {} : { costUsd }),
    elapsedMs,
  };
}

/** Refuses runs that had different bundles under the name of one task: their results do not belong side by side. */
export function requireSameTasks(runs: readonly RunDirectory[]): void {
  const known = new Map<string, { digest: string; path: string }>();
  for (const { path, run } of runs)
    for (const { task, digest } of run.tasks) {
      const other = known.get(task);
      if (other && other.digest !== digest)
        throw new UserError(
          'different-bundles',
          `task ${task} was one bundle in ${other.path} and another one in ${path}`,
          { hint: 'evaluate both on the same bundles' },
        );
      known.set(task, { digest, path });
    }
}
