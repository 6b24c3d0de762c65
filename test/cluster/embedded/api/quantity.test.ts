import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatQuantity, parseQuantity } from '../../../../src/cluster/embedded/api/quantity.ts';
import { parseLabelSelector } from '../../../../src/cluster/embedded/api/selectors.ts';
import { humanDuration } from '../../../../src/cluster/embedded/api/tables/human-duration.ts';

test('quantities come out in canonical form', () => {
  const canonical = Object.fromEntries(
    [
      '0.5',
      '1000m',
      '1.5',
      '1024Mi',
      '1.5Gi',
      '2k',
      '1e3',
      '100Mi',
      '1500Mi',
      '0',
      '3.2',
      '1Ki',
      '512',
      '1000Ki',
      '65536Ki',
    ].map((t) => [t, formatQuantity(parseQuantity(t)!)]),
  );
  expect(canonical).toEqual({
    '0': '0',
    '0.5': '500m',
    '1000m': '1',
    '1.5': '1500m',
    '1024Mi': '1Gi',
    '1.5Gi': '1536Mi',
    '2k': '2k',
    '1e3': '1k',
    '100Mi': '100Mi',
    '1500Mi': '1500Mi',
    '3.2': '3200m',
    '1Ki': '1Ki',
    '512': '512',
    '1000Ki': '1000Ki',
    '65536Ki': '64Mi',
  });
  for (const bad of ['abc', '', '1Zi', '1 Gi', '--1', '1.2.3']) expect(parseQuantity(bad)).toBeUndefined();
});

test('formatting keeps the amount', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 40 }),
      fc.constantFrom('binary' as const, 'decimal' as const),
      (milli, format) => {
        expect(parseQuantity(formatQuantity({ milli, format }))?.milli).toBe(milli);
      },
    ),
  );
});

test('label selectors of requests', () => {
  const matches = (selector: string, labels: Record<string, string>) => parseLabelSelector(selector)(labels);
  expect(matches('a=b,c!=d', { a: 'b' })).toBe(true);
  expect(matches('a in (b, c),!x', { a: 'c' })).toBe(true);
  expect(matches('a notin (b)', { a: 'b' })).toBe(false);
  expect(matches('example.com/a', { 'example.com/a': '' })).toBe(true);
  expect(() => matches('a in b', {})).toThrow('unable to parse requirement');
});

test('ages read as kubectl prints them', () => {
  const s = 1000;
  const shown = [
    -5,
    0,
    45,
    119,
    120,
    200,
    600,
    3599,
    10_800,
    18_000,
    18_060,
    100_000,
    172_800,
    200_000,
    800_000,
    31_536_000 * 3,
  ].map((n) => humanDuration(n * s));
  expect(shown).toEqual([
    '<invalid>',
    '0s',
    '45s',
    '119s',
    '2m',
    '3m20s',
    '10m',
    '59m',
    '3h',
    '5h',
    '5h1m',
    '27h',
    '2d',
    '2d7h',
    '9d',
    '3y',
  ]);
});
