import { constants } from 'node:fs';
import { chmod, copyFile, link, lstat, mkdir, readdir, realpath, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { ownedName, sweepOrphans } from './orphans.ts';

/** A bundle's public part at a path that tells nothing, as processes in a sandbox see it in `/proc/self/mountinfo`. */
export interface StagedEvidence {
  readonly path: string;
  /** Call when the session ends; the last one removes it. */
  release(): Promise<void>;
}

interface Staging {
  readonly ready: Promise<string>;
  users: number;
}
const stagings = new Map<string, Staging>();
let swept: Promise<void> | undefined;

/**
 * Hard-links (or copies, across file systems or where others may not read) every file of `publicDirectory` below the
 * temporary folder, once for all sessions that use it at the same time. UserError if there is anything but folders and
 * regular files: a link could lead out of the bundle.
 */
export async function stageEvidence(publicDirectory: string): Promise<StagedEvidence> {
  const source = await realpath(publicDirectory).catch((error: NodeJS.ErrnoException) => {
    throw new UserError('no-such-bundle', `cannot read ${publicDirectory}: ${error.code}`, {
      hint: 'a bundle has a folder public/',
    });
  });
  const root = tmpdir();
  swept ??= sweepOrphans(root, (path) => rm(path, { recursive: true, force: true }));
  await swept;
  let staging = stagings.get(source);
  if (!staging) {
    staging = { ready: stage(source, join(root, ownedName())), users: 0 };
    stagings.set(source, staging);
  }
  const mine = staging;
  mine.users++;
  const release = async (): Promise<void> => {
    if (--mine.users > 0) return;
    if (stagings.get(source) === mine) stagings.delete(source);
    const path = await mine.ready.catch(() => undefined);
    if (path !== undefined) await rm(path, { recursive: true, force: true });
  };
  try {
    const path = await mine.ready;
    let released = false;
    return {
      path: join(path, 'data'),
      release: async () => {
        if (released) return;
        released = true;
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function stage(source: string, target: string): Promise<string> {
  try {
    await mkdir(target, { mode: 0o700 });
    await stageDirectory(source, join(target, 'data'));
    return target;
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    throw error;
  }
}

async function stageDirectory(source: string, target: string): Promise<void> {
  await mkdir(target);
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) await stageDirectory(from, to);
    else if (entry.isFile()) await stageFile(from, to);
    else
      throw new UserError('unsuitable-bundle', `${from} is neither a file nor a folder`, {
        hint: 'links and devices have no place in a bundle: it could lead an agent out of it',
      });
  }
  const { atime, mtime } = await stat(source);
  await chmod(target, 0o755);
  await utimes(target, atime, mtime);
}

async function stageFile(from: string, to: string): Promise<void> {
  const { mode, atime, mtime } = await lstat(from);
  if ((mode & 0o004) !== 0)
    try {
      return await link(from, to);
    } catch {
      // another file system, or links are not allowed: copy
    }
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await chmod(to, 0o444);
  await utimes(to, atime, mtime);
}
