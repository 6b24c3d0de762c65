import { cpus } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { BuildJob, BuildOutcome, BuiltTask } from '../../author/build-pool.ts';
import { expandScenarios } from '../../author/expand-scenarios.ts';
import { isLiveBuild } from '../../author/is-live-build.ts';
import { updateLock } from '../../author/lock-file.ts';
import { formatDiagnostic } from '../../base/diagnostics.ts';
import { exitCodes, UserError } from '../../base/errors.ts';
import { buildTasks } from '../../gate/build/build-tasks.ts';
import { type BundleLint, lintBundles } from '../../gate/lint/lint-bundles.ts';
import { packageVersion } from '../../spec/package-version.ts';
import { readKind } from '../../spec/read-kind.ts';
import { profileOption } from '../../spec/workspace.ts';
import { type BuildNames, buildNames } from '../build-names.ts';
import type { Command, Io } from '../io.ts';
import { ProgressLine } from '../progress-line.ts';
import { displayPath } from '../render-diagnostics.ts';
import { formatTable } from '../table.ts';

interface BuildOptions {
  readonly file: readonly string[];
  readonly out?: string;
  readonly jobs?: string;
  readonly profile?: string;
  readonly seed?: string;
  readonly lock?: boolean;
  /** `false` for --no-lint. */
  readonly lint?: boolean;
  readonly counterfactual?: boolean;
  readonly resume?: boolean;
  readonly keepUnproved?: string;
}

/** `culprit build SCENARIO|SUITE…`: the whole pipeline, a bundle each. */
export const build: Command<BuildOptions> = async (options, io) => {
  const out = resolve(io.cwd, options.out ?? 'snapshots');
  const wantedJobs = parseJobs(options.jobs);
  const files = options.file.map((file) => resolve(io.cwd, file));
  const scenarios = await expandScenarios(files);
  if (options.seed !== undefined && scenarios.length > 1)
    throw new UserError('seed-for-many', '--seed goes with one scenario', {
      hint: `${scenarios.length} scenarios were given`,
    });
  const keepUnproved = options.keepUnproved === undefined ? undefined : resolve(io.cwd, options.keepUnproved);
  if (keepUnproved === out)
    throw new UserError('keep-unproved', '--keep-unproved needs another folder than that of the bundles', {
      hint: 'what was not proved would lie among the tasks',
    });
  const names = await buildNames(scenarios, options.verbose);
  const progress = new ProgressLine(io.stderr, options.quiet);
  // worlds of a real cluster come one after the other
  const profile = profileOption(options.profile, io.cwd);
  const jobs = wantedJobs > 1 && (await isLiveBuild(scenarios, profile)) ? 1 : wantedJobs;
  if (jobs !== wantedJobs && options.jobs !== undefined)
    progress.note('note: --jobs is 1 here: on a real cluster worlds run one after the other');
  const running = new Map<string, string>();
  const startedMs = performance.now();
  let finished = 0;
  const outcomes = await buildTasks(
    scenarios.map(
      (scenario): BuildJob => ({
        scenario,
        out,
        ...(profile ? { profile } : {}),
        ...(options.seed ? { seed: options.seed } : {}),
        ...(options.lint === false ? { lint: false } : {}),
        ...(options.counterfactual === undefined ? {} : { counterfactual: options.counterfactual }),
        ...(options.resume ? { resume: true } : {}),
        ...(keepUnproved === undefined ? {} : { keepUnproved }),
      }),
    ),
    {
      jobs,
      signal: io.signal,
      onProgress: (step) => {
        const { detail } = step;
        running.set(
          step.scenario,
          `${names.of(step.scenario)} ${step.step} ${Math.round(step.done * 100)}%${detail === undefined ? '' : `: ${detail}`}`,
        );
        if (options.verbose && detail !== undefined)
          progress.note(
            `  ${((performance.now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${names.of(step.scenario)} ${step.step}: ${detail}`,
          );
        progress.update(`${finished}/${scenarios.length}  ${[...running.values()].join('   ')}`);
      },
      onOutcome: (outcome) => {
        running.delete(outcome.scenario);
        finished++;
        progress.note(`${finished}/${scenarios.length} ${describe(names.told(outcome), names)}`);
      },
    },
  );
  progress.clear();
  const told = outcomes.map(names.told);
  const built = outcomes.filter((outcome) => outcome.status === 'built');
  const isDraft = options.lint === false || options.counterfactual === false;
  const across =
    isDraft || !(await hasSuite(files)) ? [] : (await lintAcross(built, io)).map(names.toldLint(built));
  const spoiled = new Set(across.map(({ bundle }) => bundle));
  if (options.lock && !isDraft)
    await writeLock(
      out,
      built.filter(({ directory }) => !spoiled.has(directory)),
    );
  io.stdout.write(
    options.json
      ? `${JSON.stringify(
          told.map((outcome) =>
            outcome.status === 'built'
              ? {
                  ...outcome,
                  findings: across
                    .filter(({ bundle }) => bundle === outcome.directory)
                    .flatMap(({ findings }) => findings),
                }
              : outcome,
          ),
          undefined,
          2,
        )}\n`
      : `${table(told, names, io.cwd)}${across
          .flatMap(({ bundle, findings }) =>
            findings.map((finding) => {
              const file = join(displayPath(bundle, io.cwd), finding.location.file);
              return `${formatDiagnostic({ ...finding, location: { ...finding.location, file } })}\n`;
            }),
          )
          .join('')}`,
  );
  if (io.signal.aborted) return exitCodes.interrupted;
  const failed = outcomes.filter((outcome) => outcome.status !== 'built');
  if (failed.length === 0) return across.length > 0 ? exitCodes.failed : exitCodes.ok;
  const codes = failed.map((outcome) =>
    outcome.status === 'failed' ? outcome.exitCode : exitCodes.internal,
  );
  return codes.every((code) => code === codes[0]) ? codes[0]! : exitCodes.failed;
};

async function hasSuite(files: readonly string[]): Promise<boolean> {
  return (await Promise.all(files.map(readKind))).includes('Suite');
}

/** What only one task of a suite has gives it away: the rules that need all of them, once all are built. */
async function lintAcross(built: readonly BuiltTask[], io: Io): Promise<readonly BundleLint[]> {
  const directories = built.map(({ directory }) => directory);
  const results = await lintBundles(directories, { signal: io.signal, acrossOnly: true });
  return results.filter(({ findings }) => findings.length > 0);
}

async function writeLock(
  out: string,
  built: readonly Extract<BuildOutcome, { status: 'built' }>[],
): Promise<void> {
  await updateLock(
    out,
    await packageVersion(),
    built.map((outcome) => ({
      task: outcome.task,
      // of a held-out task the id and the digest are told, and nothing else
      ...(outcome.split === 'held-out'
        ? {}
        : {
            scenario: relative(out, outcome.scenario).replaceAll('\\', '/'),
            provider: outcome.provider,
          }),
      digest: outcome.digest,
    })),
  );
}

function parseJobs(text: string | undefined): number {
  if (text === undefined) return Math.max(1, Math.min(4, cpus().length));
  const jobs = Number(text);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 64)
    throw new UserError('jobs', `--jobs takes a whole number from 1 to 64, not "${text}"`);
  return jobs;
}

function describe(outcome: BuildOutcome, names: BuildNames): string {
  const name = names.of(outcome.scenario);
  switch (outcome.status) {
    case 'built':
      if (outcome.isOld) return `${name} was built already: ${outcome.task}`;
      return `built ${name} as ${outcome.task} in ${(outcome.elapsedMs / 1000).toFixed(1)} s, ${(outcome.bytes / 1e6).toFixed(1)} MB`;
    case 'failed':
      return `FAILED ${name}: ${outcome.code}\n${outcome.message}${outcome.hint ? `\n${outcome.hint}` : ''}`;
    case 'crashed':
      return `CRASHED ${name}: ${outcome.message}`;
    case 'interrupted':
      return `interrupted ${name}`;
  }
}

function table(outcomes: readonly BuildOutcome[], names: BuildNames, cwd: string): string {
  return formatTable(
    ['scenario', 'result', 'task', 'seconds', 'MB', 'digest', 'directory'],
    outcomes.map((outcome) =>
      outcome.status === 'built'
        ? [
            names.of(outcome.scenario),
            'built',
            outcome.task,
            (outcome.elapsedMs / 1000).toFixed(1),
            (outcome.bytes / 1e6).toFixed(1),
            outcome.digest.slice(7, 19),
            relative(cwd, outcome.directory) || '.',
          ]
        : [
            names.of(outcome.scenario),
            outcome.status === 'failed' ? `failed: ${outcome.code}` : outcome.status,
            '',
            '',
            '',
            '',
            '',
          ],
    ),
  );
}
