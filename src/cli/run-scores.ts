import { join } from 'node:path';
import { atomicWrite } from '../base/atomic-write.ts';
import type { RunDirectory } from '../harness/run-directory.ts';
import { type Aggregate, aggregate, type ScoredSample } from '../scoring/aggregate.ts';
import { createTaskScorer } from '../scoring/score-run.ts';
import type { DuplicatePolicy, Score } from '../scoring/score-submission.ts';
import { formatTable } from './table.ts';

export interface SampleScore {
  readonly task: string;
  readonly agent: string;
  readonly repeat: number;
  readonly exitReason: string;
  readonly score: Score;
}

/** `scores.json` of a run: made from the answers and the bundles alone, so it can be made again at any time. */
export interface RunScores {
  readonly apiVersion: 'culprit.dev/v1';
  readonly kind: 'RunScores';
  readonly run: string;
  readonly policy: DuplicatePolicy;
  /** By agent, then provider: never pooled over providers. */
  readonly results: readonly {
    readonly agent: string;
    readonly provider: string;
    readonly aggregate: Aggregate;
  }[];
  readonly unfinished: number;
  readonly samples: readonly SampleScore[];
}

/** Scores every finished sample of a run and writes `scores.json` into it. */
export async function scoreRun(
  run: RunDirectory,
  policy: DuplicatePolicy,
  identities: readonly string[] = [],
): Promise<RunScores> {
  const samples: SampleScore[] = [];
  const scored: { agent: string; sample: ScoredSample }[] = [];
  let unfinished = 0;
  for (const { task, directory } of run.run.tasks) {
    const scorer = await createTaskScorer(join(run.path, directory), policy, identities);
    for (const key of run.keys().filter((key) => key.task === task)) {
      const result = await run.result(key);
      if (result === undefined) {
        unfinished++;
        continue;
      }
      const score = scorer.score(await run.submission(key));
      samples.push({ ...key, exitReason: result.exitReason, score });
      scored.push({ agent: key.agent, sample: scorer.sample(key.repeat, score) });
    }
  }
  const scores: RunScores = {
    apiVersion: 'culprit.dev/v1',
    kind: 'RunScores',
    run: run.run.id,
    policy,
    results: run.run.agents.flatMap((agent) => {
      const own = scored.filter((entry) => entry.agent === agent).map((entry) => entry.sample);
      return [...Map.groupBy(own, (sample) => sample.provider)].map(([provider, group]) => ({
        agent,
        provider,
        aggregate: aggregate(group),
      }));
    }),
    unfinished,
    samples,
  };
  await atomicWrite(join(run.path, 'scores.json'), `${JSON.stringify(scores, undefined, 2)}\n`);
  return scores;
}

/** A row per task and agent, then the mean of each agent. */
export function renderRunScores(scores: RunScores): string {
  const agents = [...new Set(scores.samples.map((sample) => sample.agent))];
  const byTask = Map.groupBy(scores.samples, (sample) => sample.task);
  const mean = (values: readonly number[]) =>
    values.length === 0 ? '–' : (values.reduce((a, b) => a + b, 0) / values.length).toFixed(3);
  const rows = [...byTask].map(([task, samples]) => [
    task,
    samples[0]?.score.control
      ? 'control'
      : `${(samples[0]?.score.missed.length ?? 0) + countHits(samples[0])} cause(s)`,
    ...agents.map((agent) =>
      mean(samples.filter((sample) => sample.agent === agent).map((sample) => sample.score.value)),
    ),
  ]);
  const totals = (label: string, pick: (aggregate: Aggregate) => number | undefined) => [
    label,
    '',
    ...agents.map((agent) => {
      const values = scores.results
        .filter((result) => result.agent === agent)
        .map((result) => pick(result.aggregate));
      return values.map((value) => (value === undefined ? '–' : value.toFixed(3))).join(' / ');
    }),
  ];
  return formatTable(
    ['task', 'truth', ...agents],
    [
      ...rows,
      totals('score (tasks with causes)', (aggregate) => aggregate.score),
      totals('false alarms (controls)', (aggregate) => aggregate.falseAlarmRate),
    ],
  );
}

function countHits(sample: SampleScore | undefined): number {
  return new Set(
    sample?.score.verdicts.filter((verdict) => verdict.truePositive).map((verdict) => verdict.entity),
  ).size;
}
