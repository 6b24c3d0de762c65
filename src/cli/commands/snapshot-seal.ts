import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { findBundles } from '../../harness/load-task.ts';
import { sealBundle } from '../../snapshot/seal.ts';
import { parseRecipients } from '../../snapshot/seal-keys.ts';
import type { Command } from '../io.ts';
import { displayPath } from '../render-diagnostics.ts';

interface SealOptions {
  readonly bundle: readonly string[];
  readonly recipient?: readonly string[];
  readonly recipientsFile?: string;
}

/** `culprit snapshot seal BUNDLE… --recipient KEY`: the truth becomes readable for the holders of these keys only. */
export const snapshotSeal: Command<SealOptions> = async (options, io) => {
  const recipients = [...parseRecipients((options.recipient ?? []).join('\n'), '--recipient')];
  if (options.recipientsFile !== undefined) {
    const path = resolve(io.cwd, options.recipientsFile);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new UserError('no-such-file', `cannot read ${options.recipientsFile}: ${error.code}`);
    });
    recipients.push(...parseRecipients(text, options.recipientsFile));
  }
  if (recipients.length === 0)
    throw new UserError('recipient', 'nobody to seal to', {
      hint: 'name a public key with --recipient age1…, or a file of them with --recipients-file',
    });
  const sealed: string[] = [];
  for (const bundle of await findBundles(options.bundle.map((path) => resolve(io.cwd, path)))) {
    io.signal.throwIfAborted();
    await sealBundle(bundle, recipients);
    sealed.push(displayPath(bundle, io.cwd));
  }
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ sealed, recipients }, undefined, 2)}\n`
      : sealed.map((path) => `sealed ${path} to ${recipients.length} keys\n`).join(''),
  );
  return 0;
};
