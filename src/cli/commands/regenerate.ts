import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BuildOutcome } from '../../author/build-pool.ts';
import { type Stability, stabilityOf } from '../../author/compare-effects.ts';
import { type Comparison, compareWithFrozen, effectsOf } from '../../author/compare-with-frozen.ts';
import { heldOutJob } from '../../author/held-out-job.ts';
import { isLiveBuild } from '../../author/is-live-build.ts';
import { type LockedTask, readLock } from '../../author/lock-file.ts';
import { exitCodes, UserError } from '../../base/errors.ts';
import { buildTasks } from '../../gate/build/build-tasks.ts';
import { packageVersion } from '../../spec/package-version.ts';
import { readIdentities } from '../identities.ts';
import type { Command } from '../io.ts';
import { ProgressLine } from '../progress-line.ts';
import { formatTable } from '../table.ts';

interface RegenerateOptions {
  readonly task?: readonly string[];
  readonly dir?: string;
  readonly jobs?: string;
  readonly repeat: string;
  readonly identity?: readonly string[];
}

/** `culprit regenerate [TASK…]`: builds tasks anew, elsewhere, and compares; changes nothing. */
export const regenerate: Command<RegenerateOptions> = async (options, io) => {
  const directory = resolve(io.cwd, options.dir ?? 'snapshots');
  const lock = await readLock(directory);
  if (!lock)
    throw new UserError('no-lock-file', `there is no lock.json in ${directory}`, {
      hint: 'culprit build --lock writes it',
    });
  const wanted = options.task?.length ? options.task : undefined;
  const unknown = wanted?.filter((id) => !lock.tasks.some(({ task }) => task === id)) ?? [];
  if (unknown.length > 0)
    throw new UserError('unknown-task', `not in the lock file: ${unknown.join(', ')}`, {
      hint: `known: ${lock.tasks.map(({ task }) => task).join(', ')}`,
    });
  const repeat = repeatOf(options.repeat);
  const identities = await readIdentities(options.identity, io);
  const asked = lock.tasks.filter(({ task }) => wanted?.includes(task) ?? true);
  // a held-out task is built again from its opened truth; unasked and without a key it is left out, and that is said
  const isLeftOut = ({ scenario }: LockedTask) =>
    scenario === undefined && wanted === undefined && identities.length === 0;
  const tasks = asked.filter((task) => !isLeftOut(task));
  const version = await packageVersion();
  const progress = new ProgressLine(io.stderr, options.quiet);
  if (version !== lock.version)
    progress.note(
      `note: the lock file is of version ${lock.version}, this is ${version}; other bytes are to be expected`,
    );
  for (const { task } of asked.filter(isLeftOut))
    progress.note(`left out: ${task} is held out, building it again takes its key (--identity FILE)`);
  const work = await mkdtemp(join(tmpdir(), 'regenerate-'));
  // applications and profiles are looked up from a scenario's folder upward
  const sealed = await mkdtemp(join(directory, '.regenerate-'));
  try {
    const jobs = [];
    for (const { task, scenario } of tasks)
      jobs.push(
        scenario === undefined
          ? await heldOutJob(join(directory, task), identities, sealed, work)
          : { scenario: resolve(directory, scenario), out: work },
      );
    let finished = 0;
    const live = await isLiveBuild(
      jobs.map(({ scenario }) => scenario),
      undefined,
    );
    const runs = jobs.flatMap((job) =>
      Array.from({ length: repeat }, (_, run) => ({
        ...job,
        out: join(work, String(run)),
        // runs that share a twin would agree more than they should
        ownTwin: repeat > 1,
      })),
    );
    const outcomes = await buildTasks(runs, {
      jobs: live ? 1 : Number(options.jobs ?? '2') || 1,
      signal: io.signal,
      onProgress: ({ step, done }) =>
        progress.update(`${finished}/${runs.length} ${step} ${Math.round(done * 100)}%`),
      onOutcome: () => void finished++,
    });
    progress.clear();
    const runsOf = (index: number) => outcomes.slice(index * repeat, (index + 1) * repeat);
    const rows = await Promise.all(
      tasks.map(async (task, index) => {
        const runs = runsOf(index);
        const built = runs.find(({ status }) => status === 'built') ?? runs[0];
        // every task has at least one run
        const compared = await compareWithFrozen(directory, task, built!, identities);
        const failures = failuresOf(runs);
        return {
          ...compared,
          ...(failures.length === 0 ? {} : { failures }),
          ...(repeat === 1 ? {} : { stability: await stabilityOfRuns(runs) }),
        };
      }),
    );
    io.stdout.write(options.json ? `${JSON.stringify(rows, undefined, 2)}\n` : render(rows));
    if (io.signal.aborted) return exitCodes.interrupted;
    return rows.every((row) => row.same) ? exitCodes.ok : exitCodes.failed;
  } finally {
    for (const folder of [work, sealed]) await rm(folder, { recursive: true, force: true });
  }
};

interface Row extends Comparison {
  readonly stability?: Stability;
  /** Why runs made no bundle. */
  readonly failures?: readonly string[];
}

/** Why runs made no bundle, with the run where there are several. */
function failuresOf(runs: readonly BuildOutcome[]): readonly string[] {
  return runs.flatMap((run, index) => {
    if (run.status === 'built') return [];
    const why = run.status === 'interrupted' ? 'interrupted' : run.message;
    return [runs.length === 1 ? why : `run ${index + 1}: ${why}`];
  });
}

function render(rows: readonly Row[]): string {
  const table = formatTable(
    ['task', 'scenario', 'lock file', 'frozen bundle'],
    rows.map((row) => [row.task, row.scenario || 'held out', row.lock, row.bundle]),
  );
  const differences = rows.flatMap(({ task, differences = [], failures = [] }) =>
    [...failures, ...differences].map((one) => `  ${task}: ${one.replaceAll('\n', '\n  ')}\n`),
  );
  const repeated = rows.flatMap(({ task, stability }) => (stability ? [{ task, stability }] : []));
  if (repeated.length === 0) return `${table}${differences.join('')}`;
  const stability = formatTable(
    ['task', 'proved', 'same truth', 'alerts agree', 'alerts that come and go'],
    repeated.map(({ task, stability: { runs, proved, sameTruth, alertAgreement, unsteadyAlerts } }) => [
      task,
      `${proved}/${runs}`,
      `${sameTruth}/${proved}`,
      alertAgreement.toFixed(2),
      unsteadyAlerts.map(({ alert, runs: seen }) => `${alert} ${seen}/${proved}`).join(', ') || '-',
    ]),
  );
  return `${table}${differences.join('')}\n${stability}`;
}

async function stabilityOfRuns(runs: readonly BuildOutcome[]): Promise<Stability> {
  return stabilityOf(
    await Promise.all(
      runs.map((run) => (run.status === 'built' ? effectsOf(run.directory) : Promise.resolve(undefined))),
    ),
  );
}

function repeatOf(text: string): number {
  const repeat = Number(text);
  if (Number.isInteger(repeat) && repeat >= 1 && repeat <= 100) return repeat;
  throw new UserError('repeat', `--repeat takes a whole number from 1 to 100, not "${text}"`);
}
