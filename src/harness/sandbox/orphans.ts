import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAliveProcess } from '../../base/is-alive-process.ts';

const pattern = /^s(\d+)-[0-9a-f]{12}$/;

/** A name that says nothing but which process made it. */
export function ownedName(): string {
  return `s${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** Removes from `directory` what processes left behind that are gone (a kill -9 leaves no time to tidy up). */
export async function sweepOrphans(
  directory: string,
  remove: (path: string) => Promise<void>,
): Promise<void> {
  for (const name of await readdir(directory).catch((): string[] => [])) {
    const owner = pattern.exec(name)?.[1];
    if (owner !== undefined && !isAliveProcess(Number(owner)))
      await remove(join(directory, name)).catch(() => undefined);
  }
}
