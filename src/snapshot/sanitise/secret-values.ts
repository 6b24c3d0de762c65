import { literally } from '../../base/literally.ts';
import type { SanitiserRule } from './rule.ts';
import { redacted } from './rule.ts';

/**
 * Values of Secrets: always in the Secret itself (its keys stay), and wherever else a sensitive one occurs, plain or
 * encoded. `names` are words that are on record anyway (names of objects); one of them is no secret.
 */
export function secretValues(values: Iterable<string>, names: ReadonlySet<string>): SanitiserRule {
  const forms = new Set<string>();
  for (const value of values) {
    if (value.length < 8 || names.has(value) || names.has(value.split('.')[0] ?? '')) continue;
    const json = JSON.stringify(value).slice(1, -1);
    const base64 = Buffer.from(value).toString('base64');
    for (const form of [
      value,
      json,
      JSON.stringify(json).slice(1, -1),
      base64,
      base64.replace(/=+$/, ''),
      encodeURIComponent(value),
    ])
      forms.add(form);
  }
  const alternatives = [...forms].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).map(literally);
  const pattern = alternatives.length === 0 ? undefined : new RegExp(alternatives.join('|'), 'g');
  return {
    name: 'secret-values',
    reason: 'values of Secrets never enter a bundle',
    field: (kind, path) =>
      kind === 'Secret' && path.length === 2 && (path[0] === 'data' || path[0] === 'stringData')
        ? 'redact'
        : undefined,
    ...(pattern === undefined ? {} : { text: (text: string) => text.replace(pattern, redacted) }),
  };
}
