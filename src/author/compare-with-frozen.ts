import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../base/hash.ts';
import type { BuildOutcome } from './build-pool.ts';
import type { LockedTask } from './lock-file.ts';

/** How a task that was built again compares with what was frozen. */
export interface Comparison {
  readonly task: string;
  readonly scenario: string;
  readonly same: boolean;
  readonly lock: string;
  readonly bundle: string;
}

/** Compares digests: manifest.json covers every public file and commits to the private ones. */
export async function compareWithFrozen(
  directory: string,
  locked: LockedTask,
  outcome: BuildOutcome,
): Promise<Comparison> {
  const base = { task: locked.task, scenario: locked.scenario ?? '' };
  if (outcome.status !== 'built') {
    const why = outcome.status === 'failed' ? `failed: ${outcome.code}` : outcome.status;
    return { ...base, same: false, lock: why, bundle: '' };
  }
  const frozen = await readFile(join(directory, locked.task, 'manifest.json')).catch(() => undefined);
  const sameLock = outcome.digest === locked.digest;
  const sameBundle = frozen === undefined || sha256(frozen) === outcome.digest;
  return {
    ...base,
    same: sameLock && sameBundle,
    lock: sameLock
      ? 'same bytes'
      : `differs: ${outcome.digest.slice(7, 19)}, locked ${locked.digest.slice(7, 19)}`,
    bundle:
      frozen === undefined
        ? 'not kept here'
        : sameBundle
          ? 'same bytes'
          : 'differs (culprit snapshot diff tells what)',
  };
}
