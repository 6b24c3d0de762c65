import { extname } from 'node:path';
import { type BuildJob, type BuildOutcome, buildAll, type PoolOptions } from '../../author/build-pool.ts';

/**
 * Builds scenarios in worker processes; a task with findings of the lints makes no bundle. It lives here because the
 * pipeline (`author`) may not know the lints: the worker of this folder hands them to it.
 */
export function buildTasks(
  jobs: readonly BuildJob[],
  options: Omit<PoolOptions, 'worker'>,
): Promise<readonly BuildOutcome[]> {
  const worker = new URL(`./build-worker${extname(import.meta.filename)}`, import.meta.url);
  return buildAll(jobs, { ...options, worker });
}
