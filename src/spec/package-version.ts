import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from './workspace.ts';

/** Version of this culprit, as in its package.json. */
export async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
