import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The nearest folder upward from `cwd` that holds `scenarios/` or `clusters/`, or else `cwd` itself. */
export function workspaceRoot(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'scenarios')) || existsSync(join(folder, 'clusters'))) return folder;
    if (dirname(folder) === folder) return cwd;
  }
}
