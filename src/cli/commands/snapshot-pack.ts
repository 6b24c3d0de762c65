import { resolve } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { findBundles } from '../../harness/load-task.ts';
import { packBundles } from '../../snapshot/pack.ts';
import type { Command } from '../io.ts';
import { displayPath } from '../render-diagnostics.ts';
import { sizeText } from './snapshot-verify.ts';

interface PackOptions {
  readonly bundle: readonly string[];
  readonly out?: string;
  readonly private?: boolean;
}

/** `culprit snapshot pack BUNDLE… --out FILE`: one archive to publish; the truth stays out unless asked for. */
export const snapshotPack: Command<PackOptions> = async (options, io) => {
  if (options.out === undefined)
    throw new UserError('no-out', 'name the archive to write', { hint: '--out tasks.tar.zst' });
  const bundles = await findBundles(options.bundle.map((path) => resolve(io.cwd, path)));
  const archive = resolve(io.cwd, options.out);
  const packed = await packBundles(bundles, archive, {
    includePrivate: options.private ?? false,
    signal: io.signal,
  });
  const path = displayPath(archive, io.cwd);
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ archive: path, ...packed }, undefined, 2)}\n`
      : `${path}  ${packed.tasks.length} tasks, ${packed.files} files, ${sizeText(packed.bytes)}, truth ${packed.truth}
archive ${packed.digest}
tar     ${packed.tarDigest}
canary  ${packed.canary}
`,
  );
  return 0;
};
