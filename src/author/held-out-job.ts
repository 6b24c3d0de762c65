import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { readPrivate } from '../snapshot/private/truth.ts';
import type { BuildJob } from './build-pool.ts';

/**
 * How a held-out task is built again: its scenario's text and seed are in its private part and nowhere else. The text is
 * written into `folder`, which the caller removes. Errors as of `readPrivate`.
 */
export async function heldOutJob(
  bundle: string,
  identities: readonly string[],
  folder: string,
  out: string,
): Promise<BuildJob> {
  const { provenance, groundTruth } = await readPrivate(bundle, identities);
  const { text } = (provenance['scenario'] ?? {}) as { readonly text?: unknown };
  const seed = provenance['seed'];
  if (typeof text !== 'string' || typeof seed !== 'string')
    throw new UserError('no-scenario', `the private part of ${bundle} does not hold its scenario`);
  const scenario = join(folder, `${groundTruth.task}.yaml`);
  await writeFile(scenario, text, { mode: 0o600 });
  return { scenario, out, seed };
}
