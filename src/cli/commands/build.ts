import { cpus } from 'node:os';
import { relative, resolve } from 'node:path';
import { type BuildJob, type BuildOutcome, buildAll } from '../../author/build-pool.ts';
import { expandScenarios } from '../../author/expand-scenarios.ts';
import { isLiveBuild } from '../../author/is-live-build.ts';
import { updateLock } from '../../author/lock-file.ts';
import { exitCodes, UserError } from '../../base/errors.ts';
import { packageVersion } from '../../spec/package-version.ts';
import type { Command } from '../io.ts';
import { ProgressLine } from '../progress-line.ts';
import { formatTable } from '../table.ts';

interface BuildOptions {
  readonly file: readonly string[];
  readonly out?: string;
  readonly jobs?: string;
  readonly profile?: string;
  readonly seed?: string;
  readonly lock?: boolean;
  readonly resume?: boolean;
}

/** `culprit build SCENARIO|SUITE…`: the whole pipeline, a bundle each. */
export const build: Command<BuildOptions> = async (options, io) => {
  const out = resolve(io.cwd, options.out ?? 'snapshots');
  const wantedJobs = parseJobs(options.jobs);
  const scenarios = await expandScenarios(options.file.map((file) => resolve(io.cwd, file)));
  if (options.seed !== undefined && scenarios.length > 1)
    throw new UserError('seed-for-many', '--seed goes with one scenario', {
      hint: `${scenarios.length} scenarios were given`,
    });
  const progress = new ProgressLine(io.stderr, options.quiet);
  // worlds of a real cluster come one after the other
  const jobs = wantedJobs > 1 && (await isLiveBuild(scenarios, options.profile)) ? 1 : wantedJobs;
  if (jobs !== wantedJobs && options.jobs !== undefined)
    progress.note('note: --jobs is 1 here: on a real cluster worlds run one after the other');
  const running = new Map<string, string>();
  let finished = 0;
  const outcomes = await buildAll(
    scenarios.map(
      (scenario): BuildJob => ({
        scenario,
        out,
        ...(options.profile ? { profile: options.profile } : {}),
        ...(options.seed ? { seed: options.seed } : {}),
        ...(options.resume ? { resume: true } : {}),
      }),
    ),
    {
      jobs,
      signal: io.signal,
      onProgress: (step) => {
        running.set(step.scenario, `${name(step.scenario)} ${step.step} ${Math.round(step.done * 100)}%`);
        progress.update(`${finished}/${scenarios.length}  ${[...running.values()].join('   ')}`);
      },
      onOutcome: (outcome) => {
        running.delete(outcome.scenario);
        finished++;
        progress.note(`${finished}/${scenarios.length} ${describe(outcome)}`);
      },
    },
  );
  progress.clear();
  if (options.lock) await writeLock(out, outcomes);
  io.stdout.write(options.json ? `${JSON.stringify(outcomes, undefined, 2)}\n` : table(outcomes, io.cwd));
  if (io.signal.aborted) return exitCodes.interrupted;
  const failed = outcomes.filter((outcome) => outcome.status !== 'built');
  if (failed.length === 0) return exitCodes.ok;
  const codes = failed.map((outcome) =>
    outcome.status === 'failed' ? outcome.exitCode : exitCodes.internal,
  );
  return codes.every((code) => code === codes[0]) ? codes[0]! : exitCodes.failed;
};

async function writeLock(out: string, outcomes: readonly BuildOutcome[]): Promise<void> {
  const built = outcomes.filter((outcome) => outcome.status === 'built');
  await updateLock(
    out,
    await packageVersion(),
    built.map((outcome) => ({
      task: outcome.task,
      ...(outcome.split === 'held-out'
        ? {}
        : { scenario: relative(out, outcome.scenario).replaceAll('\\', '/') }),
      provider: outcome.provider,
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

function name(scenario: string): string {
  return scenario.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/, '');
}

function describe(outcome: BuildOutcome): string {
  switch (outcome.status) {
    case 'built':
      if (outcome.isOld) return `${name(outcome.scenario)} was built already: ${outcome.task}`;
      return `built ${name(outcome.scenario)} as ${outcome.task} in ${(outcome.elapsedMs / 1000).toFixed(1)} s, ${(outcome.bytes / 1e6).toFixed(1)} MB`;
    case 'failed':
      return `FAILED ${name(outcome.scenario)}: ${outcome.code}\n${outcome.message}${outcome.hint ? `\n${outcome.hint}` : ''}`;
    case 'crashed':
      return `CRASHED ${name(outcome.scenario)}: ${outcome.message}`;
    case 'interrupted':
      return `interrupted ${name(outcome.scenario)}`;
  }
}

function table(outcomes: readonly BuildOutcome[], cwd: string): string {
  return formatTable(
    ['scenario', 'result', 'task', 'seconds', 'MB', 'digest', 'directory'],
    outcomes.map((outcome) =>
      outcome.status === 'built'
        ? [
            name(outcome.scenario),
            'built',
            outcome.task,
            (outcome.elapsedMs / 1000).toFixed(1),
            (outcome.bytes / 1e6).toFixed(1),
            outcome.digest.slice(7, 19),
            relative(cwd, outcome.directory) || '.',
          ]
        : [
            name(outcome.scenario),
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
