import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { atomicWrite } from '../../base/atomic-write.ts';
import { UserError } from '../../base/errors.ts';

const strict = { additionalProperties: false } as const;
const Seed = Type.String({ pattern: '^[0-9a-f]{32}$' });

/** One variant that was tried: kept, or refused by a gate and why. */
export const TriedVariant = Type.Object(
  {
    ordinal: Type.Integer({ minimum: 0 }),
    name: Type.String(),
    /** What was chosen, for people. */
    choices: Type.Array(Type.String()),
    /** Only where no scenario file has it: of held-out variants. */
    seed: Type.Optional(Seed),
    /** The bundle's, where one was built. */
    task: Type.Optional(Type.String()),
    /** Name of the gate that refused it; absent where it is kept. */
    refusedBy: Type.Optional(Type.String()),
    why: Type.Optional(Type.Array(Type.String())),
  },
  strict,
);
export type TriedVariant = Static<typeof TriedVariant>;

/** `generation.json` beside the variants: what was tried so far, so that it can go on, and so that selection is visible. */
export const GenerationRecord = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('Generation'),
    template: Type.String(),
    /** Of the template's text. */
    digest: Type.String(),
    /** Chooses the variants. */
    seed: Seed,
    isDraft: Type.Boolean(),
    isHeldOut: Type.Boolean(),
    variants: Type.Array(TriedVariant),
  },
  strict,
);
export type GenerationRecord = Static<typeof GenerationRecord>;

/** Where the record of a folder of variants is. */
export function recordPath(directory: string): string {
  return join(directory, 'generation.json');
}

/** The record of a folder; `undefined` if none was begun. UserError for a file that is none. */
export async function readRecord(directory: string): Promise<GenerationRecord | undefined> {
  const path = recordPath(directory);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return Value.Parse(GenerationRecord, JSON.parse(text));
  } catch (error) {
    throw new UserError('generation-record', `${path} cannot be read: ${(error as Error).message}`, {
      hint: 'begin anew with --restart, or choose another folder with --out',
      cause: error,
    });
  }
}

/** Writes the record; that of held-out variants can be read by its owner only. */
export async function writeRecord(directory: string, record: GenerationRecord): Promise<void> {
  const path = recordPath(directory);
  await atomicWrite(path, `${JSON.stringify(record, undefined, 2)}\n`);
  if (record.isHeldOut) await chmod(path, 0o600);
}
