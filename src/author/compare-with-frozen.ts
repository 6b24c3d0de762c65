import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../base/hash.ts';
import { plainNodeNamesOf } from '../snapshot/node-names.ts';
import { readPrivate } from '../snapshot/private/truth.ts';
import { readPublic } from '../snapshot/public-reader.ts';
import type { BuildOutcome } from './build-pool.ts';
import { compareEffects, type ProvenEffects, provenEffects } from './compare-effects.ts';
import type { LockedTask } from './lock-file.ts';
import type { Effects } from './prove.ts';

/** How a task that was built again compares with what was frozen. */
export interface Comparison {
  readonly task: string;
  readonly scenario: string;
  readonly same: boolean;
  readonly lock: string;
  readonly bundle: string;
  /** On real clusters: what differs in truth, effects and alerts. */
  readonly differences?: readonly string[];
}

/**
 * Compares a task that was built again with the lock file and the frozen bundle: by bytes where time is virtual
 * (manifest.json covers every public file and commits to the private ones), by truth, effects and alerts on real clusters;
 * a sealed one takes a secret key of its recipients.
 */
export async function compareWithFrozen(
  directory: string,
  locked: LockedTask,
  outcome: BuildOutcome,
  identities: readonly string[] = [],
): Promise<Comparison> {
  const base = { task: locked.task, scenario: locked.scenario ?? '' };
  if (outcome.status !== 'built') {
    const why = outcome.status === 'failed' ? `failed: ${outcome.code}` : outcome.status;
    return { ...base, same: false, lock: why, bundle: '' };
  }
  const frozenDirectory = join(directory, locked.task);
  const frozen = await readFile(join(frozenDirectory, 'manifest.json')).catch(() => undefined);
  // a held-out entry does not tell its provider
  if ([locked.provider ?? outcome.provider, outcome.provider].some((provider) => provider !== 'embedded')) {
    const before = frozen === undefined ? undefined : await effectsOf(frozenDirectory, identities);
    const after = await effectsOf(outcome.directory);
    return { ...base, ...byEffects(before, after) };
  }
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

/** What a bundle proves, read from its private part. */
export async function effectsOf(bundle: string, identities: readonly string[] = []): Promise<ProvenEffects> {
  const { groundTruth, effects } = await readPrivate(bundle, identities);
  const plain = await plainNodeNamesOf(await readPublic(bundle), groundTruth);
  // written by measureEffects
  return provenEffects(groundTruth, effects as Effects, plain);
}

function byEffects(before: ProvenEffects | undefined, after: ProvenEffects) {
  const lock = 'proved again';
  if (before === undefined) return { same: true, lock, bundle: 'not kept here' };
  const { sameTruth, sameEffects, alertAgreement, differences } = compareEffects(before, after);
  return {
    same: sameTruth && sameEffects,
    lock,
    bundle: `${sameTruth ? 'same truth' : 'OTHER TRUTH'}, ${sameEffects ? 'same effects' : 'OTHER EFFECTS'}, alerts agree ${alertAgreement.toFixed(2)}`,
    differences,
  };
}
