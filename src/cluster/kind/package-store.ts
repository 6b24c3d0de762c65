import { join } from 'node:path';
import { packageRoot } from '../../spec/workspace.ts';
import { runCommand } from './run-command.ts';

/**
 * Packages a store's image (Redis, PostgreSQL or NATS; official or offline) so that it starts from what manifests say:
 * images/store tells how. Answers the id of the image; a second time takes a moment, for Docker keeps it.
 */
export async function packageStore(image: string, signal?: AbortSignal): Promise<string> {
  const out = await runCommand(
    'docker',
    ['build', '--quiet', '--build-arg', `STORE_IMAGE=${image}`, join(packageRoot, 'images', 'store')],
    { timeoutMs: 120_000, env: { DOCKER_BUILDKIT: '0' }, ...(signal ? { signal } : {}) },
  );
  return out.trim().split('\n').at(-1) ?? '';
}
