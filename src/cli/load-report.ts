import { join, relative } from 'node:path';
import type { RunDirectory } from '../harness/run-directory.ts';
import { readTranscript } from '../harness/transcript.ts';
import { loadTaskPage } from '../report/load-task-page.ts';
import type { ReportData, ReportRow, ReportSample, ReportTask } from '../report/report-data.ts';
import { compareSamples } from '../scoring/compare-samples.ts';
import type { ScoredSample } from '../scoring/scored-sample.ts';
import type { ScoredRun } from './run-scores.ts';
import { transcriptSteps } from './transcript-steps.ts';

/** Characters of all transcripts in a report, and of one. */
const transcriptBudget = { all: 16_000_000, leastEach: 4000, mostEach: 60_000 } as const;

/** Collects what a report shows from scored runs. */
export async function loadReport(runs: readonly ScoredRun[], cwd: string): Promise<ReportData> {
  const name = namesOf(runs, cwd);
  return {
    runs: runs.map(({ run, scores }) => ({
      id: name(run),
      sandbox: run.run.sandbox?.name,
      isolated: scores.isolated,
      repeats: run.run.repeats,
      samples: scores.samples.length,
      unfinished: scores.unfinished,
      infrastructureFailed: scores.infrastructureFailed,
    })),
    rows: withDistance(runs.flatMap((run) => rowsOf(run, name(run.run)))),
    tasks: await tasksOf(runs, name, cwd),
  };
}

interface Row {
  readonly row: ReportRow;
  readonly samples: readonly ScoredSample[];
}

/** Runs by their id; by their path where two have one id. */
function namesOf(runs: readonly ScoredRun[], cwd: string): (run: RunDirectory) => string {
  const ids = new Set(runs.map(({ run }) => run.run.id));
  return ids.size === runs.length ? ({ run }) => run.id : ({ path }) => relative(cwd, path) || '.';
}

function rowsOf({ run: { run }, scores, scored }: ScoredRun, name: string): Row[] {
  const isJudged = (agent: string) =>
    [...(run.models ?? []), ...(run.externals ?? [])].some((entry) => entry.agent === agent);
  return scores.results.map((result) => ({
    row: {
      ...result,
      run: name,
      unranked: !scores.isolated ? 'not isolated' : isJudged(result.agent) ? undefined : 'reference',
    },
    samples: (scored.get(result.agent) ?? []).filter(({ provider }) => provider === result.provider),
  }));
}

/** Adds to every row how far it is from the best one with a rank. */
function withDistance(rows: readonly Row[]): ReportRow[] {
  return rows.map(({ row, samples }) => {
    const leader = rows
      .filter((other) => other.row.provider === row.provider && other.row.unranked === undefined)
      .reduce<Row | undefined>(
        (best, other) =>
          (other.row.aggregate.score ?? -1) > (best?.row.aggregate.score ?? -1) ? other : best,
        undefined,
      );
    if (!leader || leader.row === row) return row;
    const behind = compareSamples(leader.samples, samples)[0]?.score;
    return behind ? { ...row, behind } : row;
  });
}

async function tasksOf(
  runs: readonly ScoredRun[],
  name: (run: RunDirectory) => string,
  cwd: string,
): Promise<ReportTask[]> {
  const bundles = new Map<string, string>();
  for (const { run } of runs)
    for (const { task, directory } of run.run.tasks)
      if (!bundles.has(task)) bundles.set(task, join(run.path, directory));
  const count = runs.reduce((sum, { scores }) => sum + scores.samples.length, 0);
  const { all, leastEach, mostEach } = transcriptBudget;
  const each = Math.min(mostEach, Math.max(leastEach, Math.floor(all / Math.max(1, count))));
  const tasks: ReportTask[] = [];
  for (const [task, bundle] of bundles) {
    const labels = runs
      .flatMap(({ scored }) => [...scored.values()].flat())
      .find((sample) => sample.task === task);
    const samples: ReportSample[] = [];
    for (const { run, scores } of runs)
      for (const { score, effort, ...key } of scores.samples.filter((sample) => sample.task === task))
        samples.push({
          ...key,
          run: name(run),
          effort,
          ...(labels?.split === 'held-out'
            ? // an answer beside its score tells the truth
              { score: { ...score, verdicts: [], missed: [] }, transcript: [] }
            : { score, transcript: await stepsOf(run, key, each, cwd) }),
        });
    tasks.push({
      page: await loadTaskPage(bundle, []),
      split: labels?.split ?? '',
      category: labels?.category ?? 'none',
      tags: labels?.tags ?? [],
      samples,
    });
  }
  return tasks;
}

function stepsOf(
  run: RunDirectory,
  key: { readonly task: string; readonly agent: string; readonly repeat: number },
  characters: number,
  cwd: string,
) {
  const path = run.transcriptPath(key);
  return transcriptSteps(readTranscript(path), characters, relative(cwd, path));
}
