import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseDuration } from '../../src/base/duration.ts';
import { shortenExpression, shortenRules } from '../../src/spec/apply-timing.ts';

describe('shorter alert rules', () => {
  test('have shorter ranges, subqueries and offsets, and the same texts', () => {
    expect(
      shortenExpression(
        'rate(a{b="x[5m] offset 5m"}[15m] offset 3m) > max_over_time(c[1h:1m]) and d[90s:]',
        0.25,
      ),
    ).toBe('rate(a{b="x[5m] offset 5m"}[3m45s] offset 45s) > max_over_time(c[15m:15s]) and d[23s:]');
  });

  test('never lose a time: at least a second is left', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (s, share) => {
          const [, time = ''] = /\[(.*)\]/.exec(shortenExpression(`rate(a[${s}s])`, share)) ?? [];
          expect(parseDuration(time)).toBe(Math.max(1, Math.round((s * 1000 * share) / 1000)) * 1000);
        },
      ),
    );
  });

  test('of the shop are its rules but for the times, and whole at share 1', () => {
    const rules = readFileSync('clusters/apps/shop/rules.yaml', 'utf8');
    const timeless = (text: string) =>
      JSON.stringify(parse(text), (name, value) => (name === 'for' ? '' : value)).replaceAll(
        /\[[0-9a-z]+\]|offset [0-9a-z]+/g,
        '[]',
      );
    expect(timeless(shortenRules(rules, 0.25))).toBe(timeless(rules));
    expect(parse(shortenRules(rules, 1))).toEqual(parse(rules));
    expect(shortenRules(rules, 0.25)).toMatch(/for: 15s/);
  });
});
