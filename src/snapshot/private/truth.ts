import { join } from 'node:path';
import { Value } from 'typebox/value';
import { parse, stringify } from 'yaml';
import { UserError } from '../../base/errors.ts';
import { canonicalJson } from '../../base/json.ts';
import { ChangeLine, GroundTruth } from '../../spec/bundle.ts';
import { Counterfactuals } from '../../spec/counterfactuals.ts';
import { type WrittenFile, writeWhole } from '../file-sink.ts';
import { checkFor, parseLine } from '../line-schemas.ts';
import { SafeDirectory } from '../safe-directory.ts';
import { isSealed, readSealed } from './sealed-part.ts';

/** What the author's pipeline knows of a task and an agent must not. */
export interface BundleTruth {
  /** `task` is filled in by the writer. */
  readonly groundTruth: Omit<GroundTruth, 'task' | 'apiVersion' | 'kind'>;
  readonly plan: unknown;
  /** The proof of the effect. */
  readonly effects: unknown;
  /** Proof by worlds with parts left out; absent where no pipeline made one. */
  readonly counterfactuals?: Counterfactuals;
  /** Scenario, times, provider, versions, image digests, twin digest; the writer adds seed, salt and sanitiser record. */
  readonly provenance: Readonly<Record<string, unknown>>;
}

/** Everything in `private/`. */
export interface PrivatePart {
  readonly groundTruth: GroundTruth;
  /** `ground-truth.yaml` as it stands there, for findings that name a line. */
  readonly truthText: string;
  readonly plan: unknown;
  readonly effects: unknown;
  /** Absent in bundles of before it was made. */
  readonly counterfactuals?: Counterfactuals;
  readonly changes: readonly ChangeLine[];
  readonly provenance: Readonly<Record<string, unknown>>;
}

/** Problems that kept an effect from being proved, in the effects of a task that was kept to be looked at; empty in a bundle. */
export function unprovedOf(effects: unknown): readonly string[] {
  const unproved: unknown =
    typeof effects === 'object' && effects !== null && 'unproved' in effects ? effects.unproved : undefined;
  return Array.isArray(unproved) ? unproved.map(String) : [];
}

/** Where the counterfactual proof lies in a bundle. */
export const counterfactualsFile = 'private/counterfactuals.json';

/** Writes `private/` but for `changes.jsonl`. */
export function writePrivate(
  root: string,
  part: Omit<PrivatePart, 'changes' | 'truthText'>,
): readonly WrittenFile[] {
  return [
    ...(part.counterfactuals === undefined
      ? []
      : [writeWhole(root, counterfactualsFile, `${canonicalJson(part.counterfactuals, 2)}\n`)]),
    writeWhole(root, 'private/effects.json', `${canonicalJson(part.effects, 2)}\n`),
    writeWhole(root, 'private/ground-truth.yaml', yaml(part.groundTruth)),
    writeWhole(root, 'private/plan.yaml', yaml(part.plan)),
    writeWhole(root, 'private/provenance.json', `${canonicalJson(part.provenance, 2)}\n`),
  ];
}

/** Reads one file of a private part by its name; `undefined` where the part has no such file. */
type ReadPrivateFile = (name: string) => Promise<string | undefined>;

/**
 * The private part of a bundle as it lies there, or decrypted in memory. UserError `no-private-part` where there is
 * none; PrerequisiteError of the same code if it is sealed and no key was given.
 */
async function openPrivate(bundle: string, identities: readonly string[]): Promise<ReadPrivateFile> {
  const directory = await SafeDirectory.open(bundle);
  if (await directory.has(`private/${truthName}`))
    return async (name) =>
      (await directory.has(`private/${name}`)) ? directory.text(`private/${name}`) : undefined;
  if (await isSealed(bundle)) {
    const files = await readSealed(bundle, identities);
    return async (name) => {
      const bytes = files.get(`private/${name}`);
      return bytes && new TextDecoder().decode(bytes);
    };
  }
  throw new UserError('no-private-part', `${join(bundle, 'private', truthName)} is not there`, {
    hint: 'a published bundle may lack its private part; scoring needs it',
  });
}

const truthName = 'ground-truth.yaml';

/**
 * Reads the ground truth of a bundle, of a sealed one in memory only. UserError if it is not there or not readable as
 * one; PrerequisiteError of the same code if it is sealed and no key was given.
 */
export async function readGroundTruth(
  bundle: string,
  identities: readonly string[] = [],
): Promise<GroundTruth> {
  return truthFrom(await openPrivate(bundle, identities), bundle);
}

async function truthFrom(read: ReadPrivateFile, bundle: string): Promise<GroundTruth> {
  try {
    return Value.Parse(GroundTruth, parse((await read(truthName)) ?? '', { maxAliasCount: 0 }));
  } catch (error) {
    throw new UserError(
      'ground-truth',
      `${join(bundle, 'private', truthName)} is no ground truth: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** Reads all of `private/`, of a sealed bundle in memory. Errors as of `readGroundTruth`. */
export async function readPrivate(bundle: string, identities: readonly string[] = []): Promise<PrivatePart> {
  const read = await openPrivate(bundle, identities);
  const groundTruth = await truthFrom(read, bundle);
  const required = async (name: string) => {
    const text = await read(name);
    if (text !== undefined) return text;
    throw new UserError('private-part', `the private part of ${bundle} lacks ${name}`, {
      hint: '`culprit snapshot verify` says what else is wrong',
    });
  };
  const provenance: unknown = JSON.parse(await required('provenance.json'));
  const counterfactuals = await read('counterfactuals.json');
  const changes = (await read('changes.jsonl')) ?? '';
  return {
    groundTruth,
    truthText: await required(truthName),
    plan: parse(await required('plan.yaml'), { maxAliasCount: 0 }),
    effects: JSON.parse(await required('effects.json')),
    ...(counterfactuals === undefined
      ? {}
      : { counterfactuals: Value.Parse(Counterfactuals, JSON.parse(counterfactuals)) }),
    changes: changes
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => changeOf(line, bundle)),
    // written by ourselves as an object; a reader of single fields checks them
    provenance: (typeof provenance === 'object' && provenance !== null ? provenance : {}) as Record<
      string,
      unknown
    >,
  };
}

/** A compiled check: there are hundreds of lines, and every command that scores reads them. */
function changeOf(line: string, bundle: string): ChangeLine {
  const result = parseLine(line, checkFor(ChangeLine));
  if ('problem' in result)
    throw new UserError('private-part', `changes.jsonl in the private part of ${bundle}: ${result.problem}`, {
      hint: '`culprit snapshot verify` says what else is wrong',
    });
  return result.value as ChangeLine;
}

function yaml(value: unknown): string {
  return stringify(JSON.parse(canonicalJson(value)), { lineWidth: 110, aliasDuplicateObjects: false });
}
