import { resolve } from 'node:path';
import { type BundleDifference, diffBundles, maximumDetails } from '../../snapshot/diff-bundles.ts';
import type { CommonOptions, Io } from '../io.ts';

/** `culprit snapshot diff A B`: how two bundles differ, by meaning; exit 1 if they do. */
export async function snapshotDiff(
  options: CommonOptions & { first: string; second: string },
  io: Io,
): Promise<number> {
  const result = await diffBundles(resolve(io.cwd, options.first), resolve(io.cwd, options.second));
  io.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : differenceText(result));
  return result.same ? 0 : 1;
}

function differenceText({ same, files, differences }: BundleDifference): string {
  if (same) return `the same: ${files} files\n`;
  let out = '';
  for (const { path, status, added, removed, changed, details } of differences) {
    out += `${path}: ${status === 'changed' ? `${added} added, ${removed} removed, ${changed} changed` : status}\n`;
    for (const detail of details) out += `    ${detail}\n`;
    if (details.length === maximumDetails) out += '    …\n';
  }
  return `${out}${differences.length} of ${files} files differ\n`;
}
