import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { exitCodes, UserError } from '../../base/errors.ts';
import { sha256 } from '../../base/hash.ts';
import type { Agent } from '../../harness/agent.ts';
import { builtinAgents } from '../../harness/agents/index.ts';
import { evaluate } from '../../harness/evaluate.ts';
import { findBundles, loadTask } from '../../harness/load-task.ts';
import { RunDirectory } from '../../harness/run-directory.ts';
import { oracleSubmission } from '../../scoring/oracle.ts';
import { readGroundTruth } from '../../snapshot/private/truth.ts';
import { packageVersion } from '../../spec/package-version.ts';
import type { Command } from '../io.ts';
import { ProgressLine } from '../progress-line.ts';
import { renderRunScores, scoreRun } from '../run-scores.ts';

interface EvalOptions {
  readonly task: readonly string[];
  readonly agent: readonly string[];
  readonly repeats?: string;
  readonly out?: string;
}

/** `culprit eval TASK…`: samples of agents on tasks, written to a run directory and scored. */
export const evalCommand: Command<EvalOptions> = async (options, io) => {
  const bundles = await findBundles(options.task.map((path) => resolve(io.cwd, path)));
  const tasks = await Promise.all(bundles.map(async (bundle) => ({ bundle, view: await loadTask(bundle) })));
  const repeats = Number(options.repeats ?? '1');
  if (!Number.isInteger(repeats) || repeats < 1 || repeats > 1000)
    throw new UserError('repeats', `--repeats takes a whole number from 1 to 1000, not "${options.repeats}"`);
  const agents = builtinAgents();
  agents.register('oracle', oracle(new Map(tasks.map(({ bundle, view }) => [view.id, bundle]))));
  const chosen = options.agent.map((name) => agents.get(name));
  const path = resolve(io.cwd, options.out ?? join('runs', runName(systemClock.nowMs())));
  const run = await openOrCreate(path, {
    apiVersion: 'culprit.dev/v1',
    kind: 'Run',
    id: path.replace(/^.*[/\\]/, ''),
    version: await packageVersion(),
    agents: chosen.map((agent) => agent.name),
    repeats,
    tasks: await Promise.all(
      tasks.map(async ({ bundle, view }) => ({
        task: view.id,
        directory: relative(path, bundle).replaceAll('\\', '/'),
        digest: sha256(await readFile(join(bundle, 'manifest.json'))),
      })),
    ),
  });
  const progress = new ProgressLine(io.stderr, options.quiet);
  await evaluate({
    run,
    agents: chosen,
    tasks: tasks.map(({ view }) => view),
    clock: systemClock,
    signal: io.signal,
    onSample: (key, finished, all) => progress.update(`${finished}/${all} ${key.agent} on ${key.task}`),
  });
  progress.clear();
  const scores = await scoreRun(run, 'collapse');
  io.stdout.write(options.json ? `${JSON.stringify(scores, undefined, 2)}\n` : renderRunScores(scores));
  progress.note(`run: ${relative(io.cwd, path) || '.'}`);
  return exitCodes.ok;
};

/** The perfect agent: asks scoring for the answer, so that the harness never holds the truth. */
function oracle(bundles: ReadonlyMap<string, string>): Agent {
  return {
    name: 'oracle',
    summary: 'answers with the ground truth; must score 1',
    solve: async (task) => ({
      submission: oracleSubmission(await readGroundTruth(bundles.get(task.id) ?? '')),
      exitReason: 'submitted',
    }),
  };
}

async function openOrCreate(path: string, run: RunDirectory['run']): Promise<RunDirectory> {
  const existing = await RunDirectory.open(path).catch(() => undefined);
  if (existing === undefined) return RunDirectory.create(path, run);
  if (JSON.stringify(existing.run) !== JSON.stringify(run))
    throw new UserError('run-changed', `${path} holds a run with other settings`, {
      hint: 'name another --out, or repeat the command with the settings of its run.json to continue it',
    });
  return existing;
}

function runName(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '-');
}
