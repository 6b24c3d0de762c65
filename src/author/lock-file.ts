import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { atomicWrite } from '../base/atomic-write.ts';
import { UserError } from '../base/errors.ts';
import { byText } from '../base/order.ts';

const strict = { additionalProperties: false } as const;

/** `snapshots/lock.json`: the digest of every task's bundle, whether the bundle itself is kept or not. */
export const LockFile = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('SnapshotLock'),
    /** Version of culprit that built them: other versions may give other bytes. */
    version: Type.String(),
    tasks: Type.Array(
      Type.Object(
        {
          task: Type.String(),
          /** Relative to the lock file; absent for held-out tasks, whose scenario is known to the bundle's owner only. */
          scenario: Type.Optional(Type.String()),
          /** Absent for held-out tasks: of them the id and the digest are known, and nothing else. */
          provider: Type.Optional(Type.String()),
          /** sha256 of manifest.json, which covers every public file and commits to the private ones. */
          digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type LockFile = Static<typeof LockFile>;
export type LockedTask = LockFile['tasks'][number];

export function lockPath(directory: string): string {
  return join(directory, 'lock.json');
}

/** The lock file of a snapshot directory; `undefined` if there is none. UserError if it cannot be read as one. */
export async function readLock(directory: string): Promise<LockFile | undefined> {
  const path = lockPath(directory);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return Value.Parse(LockFile, JSON.parse(text));
  } catch (error) {
    throw new UserError('lock-file', `${path} is not a lock file: ${(error as Error).message}`, {
      hint: 'restore it from version control, or delete it and build again',
    });
  }
}

/** Adds or replaces entries (by task), leaves out those of `gone`, and writes the file atomically, sorted by task. */
export async function updateLock(
  directory: string,
  version: string,
  entries: readonly LockedTask[],
  gone: readonly string[] = [],
): Promise<void> {
  const before = await readLock(directory);
  const tasks = new Map((before?.tasks ?? []).map((task) => [task.task, task]));
  for (const task of gone) tasks.delete(task);
  for (const entry of entries) {
    // a scenario has one task: a changed seed gives a new id and the old one is not built any more
    for (const [id, task] of tasks)
      if (task.scenario !== undefined && task.scenario === entry.scenario) tasks.delete(id);
    tasks.set(entry.task, entry);
  }
  const lock: LockFile = {
    apiVersion: 'culprit.dev/v1',
    kind: 'SnapshotLock',
    version,
    tasks: [...tasks.values()].sort(byText((task) => task.task)),
  };
  await atomicWrite(lockPath(directory), `${JSON.stringify(lock, undefined, 2)}\n`);
}
