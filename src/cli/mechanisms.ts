import { UserError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { catalogue } from '../fault/catalogue.ts';
import { cover } from '../fault/cover.ts';
import { distractors } from '../fault/distractors.ts';
import type { Fault } from '../fault/fault.ts';
import type { Mechanism as Planner } from '../fault/lookup.ts';
import { toJsonSchema } from '../spec/json-schema.ts';

/** One entry of what a scenario can use: faults, and the distractors and cover that stand beside them. */
export interface Mechanism {
  readonly type: 'fault' | 'distractor' | 'cover';
  readonly name: string;
  readonly item: Planner;
  /** Only faults have one. */
  readonly category: string | undefined;
  readonly tags: readonly string[];
}

/** One argument of a mechanism, as its schema says. */
export interface ArgumentInfo {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default: unknown;
  readonly description: string;
}

/** Faults first, then distractors, then cover; each sorted by name. */
export function allMechanisms(): Mechanism[] {
  const others = (type: 'distractor' | 'cover', entries: [string, Planner][]): Mechanism[] =>
    entries.map(([name, item]) => ({ type, name, item, category: undefined, tags: [] }));
  return [
    ...catalogue.entries().map(([name, item]: [string, Fault]) => ({
      type: 'fault' as const,
      name,
      item,
      category: item.category,
      tags: item.tags,
    })),
    ...others('distractor', distractors.entries()),
    ...others('cover', cover.entries()),
  ];
}

/** The one of this name; a UserError with the nearest and the known names if there is none. */
export function mechanismOf(name: string): Mechanism {
  const all = allMechanisms();
  const found = all.find((mechanism) => mechanism.name === name);
  if (found) return found;
  const names = all.map((mechanism) => mechanism.name);
  const near = nearest(name, names);
  throw new UserError('unknown-name', `unknown fault "${name}"`, {
    hint: `${near ? `did you mean "${near}"? ` : ''}known: ${names.join(', ')}`,
  });
}

/** The arguments in the schema's order. */
export function argumentsOf(item: Planner): ArgumentInfo[] {
  const schema = toJsonSchema(item.schema);
  const required = (schema.required ?? []) as readonly string[];
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Record<string, unknown>>);
  return properties.map(([name, property]) => ({
    name,
    type: typeText(property),
    required: required.includes(name),
    default: property.default,
    description: typeof property.description === 'string' ? property.description : '',
  }));
}

function typeText(schema: Record<string, unknown>): string {
  if (Array.isArray(schema.anyOf))
    return schema.anyOf.map((branch) => typeText(branch as Record<string, unknown>)).join(' | ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.type === 'array') return `list of ${typeText((schema.items ?? {}) as Record<string, unknown>)}`;
  return typeof schema.type === 'string' ? schema.type : 'any';
}
