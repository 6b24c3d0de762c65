import { createHash, randomBytes } from 'node:crypto';
import { Document, isCollection, isScalar, visit } from 'yaml';
import { Random } from '../../base/random.ts';
import { Scenario } from '../../spec/scenario.ts';
import type { SourceDocument } from '../../spec/source-document.ts';
import type { ScenarioTemplate } from '../../spec/template.ts';
import { type Choice, describeChoice } from './choices.ts';
import { compose } from './compose.ts';

/** What tells a variant from its siblings. */
export interface VariantIdentity {
  readonly name: string;
  /** 32 hex digits. */
  readonly seed: string;
  readonly isHeldOut: boolean;
}

/**
 * Name and seed of the nth variant tried. Both follow from the seed of the whole, but for held-out variants, whose own
 * seeds are 128 new random bits that nothing leads to.
 */
export function identify(
  template: ScenarioTemplate,
  seed: string,
  ordinal: number,
  isHeldOut: boolean,
): VariantIdentity {
  const digest = createHash('sha256').update(`variant:${template.metadata.name}:${seed}:${ordinal}`).digest();
  const suffix = new Random(digest.readUInt32BE(16)).suffix(4);
  return {
    name: `${template.prefix ?? template.metadata.name}-${suffix}`,
    seed: isHeldOut ? randomBytes(16).toString('hex') : digest.toString('hex', 0, 16),
    isHeldOut,
  };
}

/** The scenario of a variant as a document whose places are those of the template's file. */
export function variantDocument(
  template: ScenarioTemplate,
  source: SourceDocument,
  choices: readonly Choice[],
  { name, seed, isHeldOut }: VariantIdentity,
): SourceDocument {
  const none = { bindings: {} };
  const { value, originOf } = compose([
    {
      ...none,
      // what is missing altogether is missing in the base
      pointer: '/base',
      value: {
        apiVersion: 'culprit.dev/v1',
        kind: 'Scenario',
        metadata: { summary: template.metadata.summary, version: 1 },
      },
    },
    { ...none, pointer: '/base', value: template.base },
    ...choices,
    {
      ...none,
      pointer: '/metadata',
      value: {
        metadata: { name, split: isHeldOut ? 'held-out' : 'public' },
        // a seed in the file would be one more place to lose it
        seed: isHeldOut ? null : seed,
      },
    },
  ]);
  return {
    file: source.file,
    text: source.text,
    value,
    locate: (pointer) => source.locate(originOf(pointer)),
    locateKey: (pointer) => source.locateKey(originOf(pointer)),
  };
}

/** The text of a variant's scenario file, as people write them, and how it came about. */
export function variantText(scenario: unknown, template: string, choices: readonly Choice[]): string {
  const fields = scenario as Readonly<Record<string, unknown>>;
  const metadata = inOrder(fields['metadata'], Scenario.properties.metadata.properties);
  const document = new Document(inOrder({ ...fields, metadata }, Scenario.properties), {
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || !isCollection(value)) return;
      if (short.has(String(key.value))) value.flow = true;
      if (listsOfShort.has(String(key.value)))
        for (const item of value.items) if (isCollection(item)) item.flow = true;
    },
  });
  return `# A variant of ${template}: ${choices.map(describeChoice).join('; ')}
${document.toString({ lineWidth: 0 })}`;
}

/** Fields that people write on one line. */
const short: ReadonlySet<string> = new Set([
  'tags',
  'timeline',
  'load',
  'telemetry',
  'args',
  'trigger',
  'evidence',
]);
const listsOfShort: ReadonlySet<string> = new Set(['distractors', 'cover', 'expect']);

/** Fields in the order of the schema. */
function inOrder(fields: unknown, properties: object): Readonly<Record<string, unknown>> {
  const given = fields as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.keys(properties)
      .filter((name) => given[name] !== undefined)
      .map((name) => [name, given[name]]),
  );
}
