import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compareWithFrozen } from '../../author/compare-with-frozen.ts';
import { readLock } from '../../author/lock-file.ts';
import { exitCodes, UserError } from '../../base/errors.ts';
import { buildTasks } from '../../gate/build/build-tasks.ts';
import { packageVersion } from '../../spec/package-version.ts';
import type { Command } from '../io.ts';
import { ProgressLine } from '../progress-line.ts';
import { formatTable } from '../table.ts';

interface RegenerateOptions {
  readonly task?: readonly string[];
  readonly dir?: string;
  readonly jobs?: string;
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
  const tasks = lock.tasks.filter(
    ({ task, scenario }) => scenario !== undefined && (wanted?.includes(task) ?? true),
  );
  const version = await packageVersion();
  const progress = new ProgressLine(io.stderr, options.quiet);
  if (version !== lock.version)
    progress.note(
      `note: the lock file is of version ${lock.version}, this is ${version}; other bytes are to be expected`,
    );
  const work = await mkdtemp(join(tmpdir(), 'regenerate-'));
  try {
    let finished = 0;
    const outcomes = await buildTasks(
      tasks.map(({ scenario }) => ({ scenario: resolve(directory, scenario ?? ''), out: work })),
      {
        jobs: Number(options.jobs ?? '2') || 1,
        signal: io.signal,
        onProgress: ({ step, done }) =>
          progress.update(`${finished}/${tasks.length} ${step} ${Math.round(done * 100)}%`),
        onOutcome: () => void finished++,
      },
    );
    progress.clear();
    const rows = await Promise.all(
      tasks.map((task, index) => compareWithFrozen(directory, task, outcomes[index]!)),
    );
    io.stdout.write(
      options.json
        ? `${JSON.stringify(rows, undefined, 2)}\n`
        : formatTable(
            ['task', 'scenario', 'lock file', 'frozen bundle'],
            rows.map((row) => [row.task, row.scenario, row.lock, row.bundle]),
          ),
    );
    if (io.signal.aborted) return exitCodes.interrupted;
    return rows.every((row) => row.same) ? exitCodes.ok : exitCodes.failed;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
