import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../../../sandbox');

/**
 * Name of the image that commands run in, with a tag that changes with `sandbox/Dockerfile`. The variable
 * CULPRIT_SANDBOX_IMAGE names another one, which must be built from that file or on top of it.
 */
export function imageName(): string {
  const own = process.env['CULPRIT_SANDBOX_IMAGE'];
  if (own) return own;
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, 'Dockerfile')))
    .digest('hex');
  return `sandbox-tools:${digest.slice(0, 12)}`;
}

/** The command that makes the image. */
export function buildCommand(): string {
  return `docker build --tag ${imageName()} ${folder}`;
}
