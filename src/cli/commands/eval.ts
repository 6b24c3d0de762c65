import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { exitCodes, UserError } from '../../base/errors.ts';
import { sha256 } from '../../base/hash.ts';
import type { Agent, TaskView } from '../../harness/agent.ts';
import { createAgents, sandboxedAgents } from '../../harness/create-agents.ts';
import { evaluate } from '../../harness/evaluate.ts';
import { findBundles, loadTask } from '../../harness/load-task.ts';
import { loadPrices } from '../../harness/models/prices.ts';
import { RunDirectory } from '../../harness/run-directory.ts';
import { type RunFile, runDifferences } from '../../harness/run-file.ts';
import { chooseSandboxAndWhy } from '../../harness/sandbox/index.ts';
import type { Sandbox } from '../../harness/sandbox/sandbox.ts';
import { oracleSubmission } from '../../scoring/oracle.ts';
import { readGroundTruth } from '../../snapshot/private/truth.ts';
import type { ModelPrice } from '../../spec/prices.ts';
import { decimal, duration, type EvalOptions, planRun, readGiven, wholeNumber } from '../eval-plan.ts';
import { EvalProgress } from '../eval-progress.ts';
import { readIdentities } from '../identities.ts';
import type { Command, Io } from '../io.ts';
import { optionsOfRun } from '../options-of-run.ts';
import { ProgressLine } from '../progress-line.ts';
import { scoreRun } from '../run-scores.ts';
import { renderRunScores } from '../run-scores-text.ts';

interface Options extends EvalOptions {
  readonly out?: string;
  readonly resume?: string;
  readonly prices?: string;
  readonly sandbox?: string;
  readonly concurrency?: string;
  readonly maxCost?: string;
  readonly stallTimeout?: string;
  readonly identity?: readonly string[];
}

/** `culprit eval TASK…`: samples of agents and models on tasks, written to a run directory as they go, and scored. */
export const evalCommand: Command<Options> = async (options, io) => {
  const concurrency = wholeNumber('--concurrency', options.concurrency ?? '4', 1, 1000);
  const maxCostUsd = decimal('--max-cost', options.maxCost);
  const identities = await readIdentities(options.identity, io);
  const progress = new ProgressLine(io.stderr, options.quiet);
  const { run, bundles, tasks, sandbox, why } = await prepare(options, io);
  if (sandbox) progress.note(`sandbox: ${why}${sandbox.isolated ? '' : ' (NOT ISOLATED: never ranked)'}`);
  const place = relative(io.cwd, run.path) || '.';
  const agents = await createAgents({
    run,
    env: io.env,
    sandbox,
    concurrency,
    maxCostUsd,
    stallMs: duration('--stall-timeout', options.stallTimeout) ?? 10 * 60_000,
    clock: systemClock,
    others: [oracle(bundles, identities)],
  });
  const samples = new EvalProgress(progress);
  try {
    await evaluate({
      run,
      agents,
      tasks,
      clock: systemClock,
      signal: io.signal,
      concurrency,
      onSample: samples.onSample,
      onAttemptFailed: samples.onAttemptFailed,
    });
  } catch (error) {
    progress.note(`stopped; to continue: culprit eval --resume ${place}`);
    throw error;
  } finally {
    progress.clear();
  }
  const scores = await scoreRun(run, 'collapse', identities).catch((error: unknown) => {
    // who has no key may still collect answers for who has one
    progress.note(`the answers are in ${place}; to score them: culprit score ${place} --identity FILE`);
    throw error;
  });
  io.stdout.write(options.json ? `${JSON.stringify(scores, undefined, 2)}\n` : renderRunScores(scores));
  progress.note(`run: ${place}`);
  if (scores.infrastructureFailed > 0) {
    progress.note(
      `${scores.infrastructureFailed} sample(s) have no result because something broke; culprit eval --resume ${place} tries them again`,
    );
    return exitCodes.failed;
  }
  return exitCodes.ok;
};

interface Prepared {
  readonly run: RunDirectory;
  readonly bundles: ReadonlyMap<string, string>;
  readonly tasks: readonly TaskView[];
  readonly sandbox: Sandbox | undefined;
  /** What was chosen and why, for people. */
  readonly why: string | undefined;
}

/** The run directory, new or continued, and what its samples need. */
async function prepare(options: Options, io: Io): Promise<Prepared> {
  const before =
    options.resume === undefined ? undefined : await RunDirectory.open(resolve(io.cwd, options.resume));
  if (before && options.out !== undefined)
    throw new UserError(
      'what-to-run',
      '--resume and --out exclude each other: a run is continued where it is',
    );
  if (!before && options.task.length === 0)
    throw new UserError('what-to-run', 'name tasks, or a run to continue with --resume');
  const path = before?.path ?? resolve(io.cwd, options.out ?? join('runs', runName(systemClock.nowMs())));
  const isNew = before === undefined && !(await exists(join(path, 'run.json')));
  const existing = isNew ? undefined : (before ?? (await RunDirectory.open(path)));
  const places =
    options.task.length > 0
      ? options.task.map((task) => resolve(io.cwd, task))
      : (existing?.run.tasks ?? []).map(({ directory }) => join(path, directory));
  const found = await Promise.all(
    (await findBundles(places)).map(async (bundle) => ({ bundle, view: await loadTask(bundle) })),
  );
  const all: EvalOptions = { ...(before ? optionsOfRun(before.run, path) : {}), ...defined(options) };
  const needsSandbox =
    (all.model?.length ?? 0) > 0 ||
    all.external !== undefined ||
    (all.agent ?? []).some((name) => sandboxedAgents.includes(name));
  const choice = needsSandbox
    ? await chooseSandboxAndWhy(options.sandbox ?? existing?.run.sandbox?.name ?? 'auto', {
        allowHosts: all.allowHost ?? [],
      })
    : undefined;
  const sandbox = choice?.sandbox;
  const file = await planRun(all, {
    cwd: io.cwd,
    path,
    tasks: await Promise.all(
      found.map(async ({ bundle, view }) => ({
        task: view.id,
        directory: relative(path, bundle).replaceAll('\\', '/'),
        digest: sha256(await readFile(join(bundle, 'manifest.json'))),
      })),
    ),
    prices: await pricesFor(options, io.cwd, before?.run),
    sandbox,
    ...(before ? { before: before.run } : {}),
  });
  const run = existing ? unchanged(existing, file) : await create(path, file, all, io.cwd);
  return {
    run,
    bundles: new Map(found.map(({ bundle, view }) => [view.id, bundle])),
    tasks: found.map(({ view }) => view),
    sandbox,
    why: choice?.why,
  };
}

async function create(path: string, file: RunFile, options: EvalOptions, cwd: string): Promise<RunDirectory> {
  for (const given of options.externalFiles ?? []) {
    await mkdir(join(path, 'files'), { recursive: true });
    await writeFile(join(path, 'files', basename(given)), await readGiven(resolve(cwd, given)));
  }
  return RunDirectory.create(path, file);
}

function unchanged(existing: RunDirectory, file: RunFile): RunDirectory {
  const differences = runDifferences(existing.run, file);
  if (differences.length === 0) return existing;
  throw new UserError(
    'run-changed',
    `${existing.path} was started with other settings:\n${differences.map((line) => `  ${line}`).join('\n')}`,
    {
      hint: 'samples made under different settings cannot be one run: name another --out, or go back to those of run.json',
    },
  );
}

/** `--prices`, the prices a continued run has recorded, or `prices.yaml` in the current folder. */
async function pricesFor(
  options: Options,
  cwd: string,
  before: RunFile | undefined,
): Promise<readonly ModelPrice[]> {
  if (options.prices !== undefined) return loadPrices(resolve(cwd, options.prices));
  if (before) return (before.models ?? []).flatMap(({ price }) => price ?? []);
  const usual = join(cwd, 'prices.yaml');
  return (await exists(usual)) ? loadPrices(usual) : [];
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Options that were given, so that others can be filled in. */
function defined(options: Options): EvalOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as EvalOptions;
}

/** The perfect agent: asks scoring for the answer, so that the harness never holds the truth. */
function oracle(bundles: ReadonlyMap<string, string>, identities: readonly string[]): Agent {
  return {
    name: 'oracle',
    summary: 'answers with the ground truth; must score 1',
    solve: async (task) => ({
      submission: oracleSubmission(await readGroundTruth(bundles.get(task.id) ?? '', identities)),
      exitReason: 'submitted',
    }),
  };
}

function runName(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '-');
}
