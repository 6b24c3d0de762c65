import { resolve } from 'node:path';
import { unpackBundles } from '../../snapshot/unpack.ts';
import type { Command } from '../io.ts';
import { displayPath } from '../render-diagnostics.ts';

/** `culprit snapshot unpack ARCHIVE [--out DIR]`: verifies everything; leaves nothing behind of what it refuses. */
export const snapshotUnpack: Command<{ readonly archive: string; readonly out?: string }> = async (
  options,
  io,
) => {
  const out = resolve(io.cwd, options.out ?? 'snapshots');
  const bundles = await unpackBundles(resolve(io.cwd, options.archive), out);
  const paths = bundles.map((path) => displayPath(path, io.cwd));
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ bundles: paths }, undefined, 2)}\n`
      : paths.map((path) => `${path}\n`).join(''),
  );
  return 0;
};
