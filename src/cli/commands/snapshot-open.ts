import { resolve } from 'node:path';
import { PrerequisiteError } from '../../base/errors.ts';
import { findBundles } from '../../harness/load-task.ts';
import { openBundle } from '../../snapshot/seal.ts';
import { readIdentities } from '../identities.ts';
import type { Command } from '../io.ts';
import { displayPath } from '../render-diagnostics.ts';

interface OpenOptions {
  readonly bundle: readonly string[];
  readonly identity?: readonly string[];
}

/** `culprit snapshot open BUNDLE… --identity FILE`: writes the sealed private part out again, checked. */
export const snapshotOpen: Command<OpenOptions> = async (options, io) => {
  const identities = await readIdentities(options.identity, io);
  if (identities.length === 0)
    throw new PrerequisiteError('no-identity', 'opening needs a secret key', {
      hint: 'name its file with --identity',
    });
  const opened: string[] = [];
  for (const bundle of await findBundles(options.bundle.map((path) => resolve(io.cwd, path)))) {
    io.signal.throwIfAborted();
    await openBundle(bundle, identities);
    opened.push(displayPath(bundle, io.cwd));
  }
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ opened }, undefined, 2)}\n`
      : opened.map((path) => `opened ${path}\n`).join(''),
  );
  return 0;
};
