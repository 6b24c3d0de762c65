import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compareWithFrozen } from '../../author/compare-with-frozen.ts';
import { type LockedTask, readLock } from '../../author/lock-file.ts';
import { exitCodes, UserError } from '../../base/errors.ts';
import { buildTasks } from '../../gate/build/build-tasks.ts';
import { packageVersion } from '../../spec/package-version.ts';
import { heldOutJob } from '../held-out-job.ts';
import { readIdentities } from '../identities.ts';
import type { Command } from '../io.ts';
import { ProgressLine } from '../progress-line.ts';
import { formatTable } from '../table.ts';

interface RegenerateOptions {
  readonly task?: readonly string[];
  readonly dir?: string;
  readonly jobs?: string;
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
    const outcomes = await buildTasks(jobs, {
      jobs: Number(options.jobs ?? '2') || 1,
      signal: io.signal,
      onProgress: ({ step, done }) =>
        progress.update(`${finished}/${tasks.length} ${step} ${Math.round(done * 100)}%`),
      onOutcome: () => void finished++,
    });
    progress.clear();
    const rows = await Promise.all(
      tasks.map((task, index) => compareWithFrozen(directory, task, outcomes[index]!)),
    );
    io.stdout.write(
      options.json
        ? `${JSON.stringify(rows, undefined, 2)}\n`
        : formatTable(
            ['task', 'scenario', 'lock file', 'frozen bundle'],
            rows.map((row) => [row.task, row.scenario || 'held out', row.lock, row.bundle]),
          ),
    );
    if (io.signal.aborted) return exitCodes.interrupted;
    return rows.every((row) => row.same) ? exitCodes.ok : exitCodes.failed;
  } finally {
    for (const folder of [work, sealed]) await rm(folder, { recursive: true, force: true });
  }
};
