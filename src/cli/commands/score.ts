import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exitCodes, UserError } from '../../base/errors.ts';
import { RunDirectory } from '../../harness/run-directory.ts';
import { submissionLimits } from '../../scoring/parse-submission.ts';
import { createTaskScorer } from '../../scoring/score-run.ts';
import { type DuplicatePolicy, duplicatePolicies, type Score } from '../../scoring/score-submission.ts';
import { readIdentities } from '../identities.ts';
import type { Command } from '../io.ts';
import { scoreRun } from '../run-scores.ts';
import { renderRunScores } from '../run-scores-text.ts';
import { formatTable } from '../table.ts';

interface ScoreOptions {
  readonly run?: string;
  readonly task?: string;
  readonly submission?: string;
  readonly policy?: string;
  readonly identity?: readonly string[];
}

/** `culprit score RUN` scores a run again; `culprit score --task T --submission FILE` scores one answer. */
export const score: Command<ScoreOptions> = async (options, io) => {
  const policy = duplicatePolicies.find((name) => name === (options.policy ?? 'collapse'));
  if (!policy)
    throw new UserError('policy', `unknown policy "${options.policy}"`, {
      hint: `known: ${duplicatePolicies.join(', ')}`,
    });
  const identities = await readIdentities(options.identity, io);
  if (options.run !== undefined) {
    const scores = await scoreRun(await RunDirectory.open(resolve(io.cwd, options.run)), policy, identities);
    io.stdout.write(options.json ? `${JSON.stringify(scores, undefined, 2)}\n` : renderRunScores(scores));
    return exitCodes.ok;
  }
  if (options.task === undefined || options.submission === undefined)
    throw new UserError('what-to-score', 'name a run, or a task with --task and an answer with --submission');
  return scoreOne(
    resolve(io.cwd, options.task),
    resolve(io.cwd, options.submission),
    policy,
    identities,
    options.json,
    io.stdout,
  );
};

async function scoreOne(
  task: string,
  file: string,
  policy: DuplicatePolicy,
  identities: readonly string[],
  json: boolean,
  out: { write(text: string): unknown },
): Promise<number> {
  const scorer = await createTaskScorer(task, policy, identities);
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) throw new UserError('no-such-file', `no such file: ${file}`);
  // what is too large to be an answer is not read at all
  const content =
    info.size > submissionLimits.bytes ? 'x'.repeat(submissionLimits.bytes + 1) : await readFile(file);
  const result = scorer.score(content);
  out.write(json ? `${JSON.stringify(result, undefined, 2)}\n` : render(result));
  return exitCodes.ok;
}

function render(result: Score): string {
  const head = `score ${result.value.toFixed(3)}  recall ${result.recall.toFixed(3)}  precision ${result.precision.toFixed(3)}  (${result.policy}${result.control ? ', control task' : ''})\n`;
  if (!result.valid) return `${head}not a valid answer: ${result.problem}\n`;
  const rows = result.verdicts.map((verdict) => [
    verdict.truePositive ? 'yes' : 'no',
    verdict.kind,
    verdict.name,
    verdict.explanation,
  ]);
  const missed = result.missed.map((entity) => ['', 'missed', entity, 'a root cause that was not named']);
  return `${head}${formatTable(['counts', 'verdict', 'submitted', 'explanation'], [...rows, ...missed])}`;
}
