import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { parse, stringify } from 'yaml';
import { CulpritError, UserError } from '../../base/errors.ts';
import { canonicalJson } from '../../base/json.ts';
import { GroundTruth } from '../../spec/bundle.ts';
import { type WrittenFile, writeWhole } from '../file-sink.ts';
import { isSealed, readSealed } from './sealed-part.ts';

/** What the author's pipeline knows of a task and an agent must not. */
export interface BundleTruth {
  /** `task` is filled in by the writer. */
  readonly groundTruth: Omit<GroundTruth, 'task' | 'apiVersion' | 'kind'>;
  readonly plan: unknown;
  /** The proof of the effect. */
  readonly effects: unknown;
  /** Scenario, times, provider, versions, image digests, twin digest; the writer adds seed, salt and sanitiser record. */
  readonly provenance: Readonly<Record<string, unknown>>;
}

/** Everything in `private/` but the changes. */
export interface PrivatePart {
  readonly groundTruth: GroundTruth;
  readonly plan: unknown;
  readonly effects: unknown;
  readonly provenance: Readonly<Record<string, unknown>>;
}

/** Writes `private/` but for `changes.jsonl`. */
export function writePrivate(root: string, part: PrivatePart): readonly WrittenFile[] {
  return [
    writeWhole(root, 'private/effects.json', `${canonicalJson(part.effects, 2)}\n`),
    writeWhole(root, 'private/ground-truth.yaml', yaml(part.groundTruth)),
    writeWhole(root, 'private/plan.yaml', yaml(part.plan)),
    writeWhole(root, 'private/provenance.json', `${canonicalJson(part.provenance, 2)}\n`),
  ];
}

/**
 * Reads the ground truth of a bundle, of a sealed one in memory only. UserError if it is not there or not readable as
 * one; PrerequisiteError of the same code if it is sealed and no key was given.
 */
export async function readGroundTruth(
  bundle: string,
  identities: readonly string[] = [],
): Promise<GroundTruth> {
  const path = join(bundle, 'private/ground-truth.yaml');
  const text = await readPrivateFile(path).catch(async (error: unknown) => {
    if (!CulpritError.isInstance(error) || !(await isSealed(bundle))) throw error;
    const files = await readSealed(bundle, identities);
    return new TextDecoder().decode(files.get('private/ground-truth.yaml'));
  });
  try {
    return Value.Parse(GroundTruth, parse(text, { maxAliasCount: 0 }));
  } catch (error) {
    throw new UserError('ground-truth', `${path} is no ground truth: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Reads all of `private/` but the changes. */
export async function readPrivate(bundle: string): Promise<PrivatePart> {
  const groundTruth = await readGroundTruth(bundle);
  const read = (name: string) => readPrivateFile(join(bundle, 'private', name));
  const provenance: unknown = JSON.parse(await read('provenance.json'));
  return {
    groundTruth,
    plan: parse(await read('plan.yaml'), { maxAliasCount: 0 }),
    effects: JSON.parse(await read('effects.json')),
    // written by ourselves as an object; a reader of single fields checks them
    provenance: (typeof provenance === 'object' && provenance !== null ? provenance : {}) as Record<
      string,
      unknown
    >,
  };
}

async function readPrivateFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new UserError('no-private-part', `${path} is not there`, {
      hint: 'a published bundle may lack its private part; scoring needs it',
      cause: error,
    });
  }
}

function yaml(value: unknown): string {
  return stringify(JSON.parse(canonicalJson(value)), { lineWidth: 110, aliasDuplicateObjects: false });
}
