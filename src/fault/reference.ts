import { catalogue } from './catalogue.ts';
import { cover } from './cover.ts';
import { distractors } from './distractors.ts';
import { isRecord, recordAt, textAt } from './json-access.ts';
import type { Mechanism } from './lookup.ts';

/** docs/faults.md: every fault, distractor and kind of cover with its arguments, as Markdown. A test keeps the file fresh. */
export function renderReference(): string {
  const parts = [
    '# Faults, distractors, cover',
    '',
    'What scenario files may use. Generated from `src/fault/` (`npx vitest run test/fault/reference.test.ts -u` writes it anew); `culprit fault show NAME` prints the same.',
    '',
    'An argument that names an object is written `namespace/Kind/name`, or `namespace/name` where the kind is clear. Nothing here is tied to one application: what suits a target is found out from its manifests and programs, and what does not is refused with the reason.',
    '',
    'Every fault plans **causes** (the change that breaks), and where the change alone does nothing yet, **triggers** that let it take hold. The twin of a task has the triggers and not the causes. A scenario can have the change made long before (`predates`) and choose how many pods its trigger replaces, and how fast (`trigger`): see [harder.md](harder.md).',
    '',
    '## Faults',
    '',
    ...catalogue
      .entries()
      .flatMap(([, fault]) =>
        section(fault, 'fault', [
          `Category \`${fault.category}\`, tags ${fault.tags.map((tag) => `\`${tag}\``).join(', ')}.`,
        ]),
      ),
    '## Distractors',
    '',
    'Anomalies that are real and not at fault; naming one is a wrong answer.',
    '',
    ...distractors.entries().flatMap(([, distractor]) => section(distractor, 'distractor')),
    '## Cover',
    '',
    'Ordinary changes by operators, before or during the incident.',
    '',
    ...cover.entries().flatMap(([, kind]) => section(kind, 'cover')),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
}

function section(mechanism: Mechanism, word: string, facts: readonly string[] = []): string[] {
  const needs =
    mechanism.requires.length === 0
      ? []
      : [`Needs ${mechanism.requires.map((capability) => `\`${capability}\``).join(', ')}.`];
  const required = new Set((mechanism.schema as { required?: readonly string[] }).required ?? []);
  const rows = Object.entries(recordAt(mechanism.schema, 'properties')).map(
    ([name, schema]) =>
      `| \`${name}\`${required.has(name) ? '' : ' (optional)'} | ${typeOf(schema)} | ${(textAt(schema, 'description') ?? '').replaceAll('|', '\\|')} |`,
  );
  const example = (mechanism.schema as { examples?: readonly unknown[] }).examples?.[0];
  return [
    `### ${mechanism.name}`,
    '',
    `${mechanism.summary}.`,
    '',
    mechanism.description,
    '',
    ...(facts.length + needs.length > 0 ? [[...facts, ...needs].join(' '), ''] : []),
    '| argument | type | meaning |',
    '| --- | --- | --- |',
    ...rows,
    '',
    '```yaml',
    `- ${word}: ${mechanism.name}`,
    ...(word === 'cover' ? ['  at: -5m'] : []),
    `  args: { ${Object.entries(isRecord(example) ? example : {})
      .map(
        ([name, value]) =>
          `${name}: ${typeof value === 'string' && /^[\d-]/.test(value) ? `"${value}"` : String(value)}`,
      )
      .join(', ')} }`,
    '```',
    '',
  ];
}

function typeOf(schema: unknown): string {
  const union = (schema as { anyOf?: readonly unknown[] }).anyOf;
  if (union !== undefined)
    return union
      .map((member) =>
        'const' in (member as object)
          ? `\`${String((member as { const: unknown }).const)}\``
          : typeOf(member),
      )
      .join(' or ');
  return textAt(schema, 'type') ?? '';
}
