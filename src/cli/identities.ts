import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../base/errors.ts';
import { parseIdentities } from '../snapshot/seal-keys.ts';
import type { Io } from './io.ts';

/** The secret keys in the files of `--identity`; undefined if none was named. UserError if a file has none. */
export async function readIdentities(
  files: readonly string[] | undefined,
  io: Io,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for (const file of files ?? []) {
    const text = await readFile(resolve(io.cwd, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new UserError('no-such-file', `cannot read the identity file ${file}: ${error.code}`);
    });
    keys.push(...parseIdentities(text, file));
  }
  return keys;
}
