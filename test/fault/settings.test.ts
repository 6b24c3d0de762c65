import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harmlessValue, invalidValue } from '../../src/fault/settings.ts';
import { type SettingDeclaration, settingProblem } from '../../src/spec/setting-value.ts';
import { readSettings } from '../../src/workload/settings.ts';

const type = fc.constantFrom('integer', 'number', 'duration', 'address', 'string', 'boolean', 'secret');
const text = fc.oneof(
  fc.constantFrom(
    '',
    '8',
    '-3',
    '+7',
    '0.5',
    '1,5',
    '30s',
    '30 s',
    '12',
    'true',
    'YES',
    'maybe',
    'db:5432',
    'db',
    'db:http',
    'db:99999',
    'info',
    'http://db:1',
  ),
  fc.string({ maxLength: 8 }),
);
const declaration: fc.Arbitrary<SettingDeclaration> = fc
  .record({
    type,
    required: fc.option(fc.boolean(), { nil: undefined }),
    default: fc.option(text, { nil: undefined }),
    minimum: fc.option(fc.integer({ min: -5, max: 20 }), { nil: undefined }),
    maximum: fc.option(fc.integer({ min: 21, max: 60_000 }), { nil: undefined }),
    values: fc.option(fc.constantFrom(['info', 'debug']), { nil: undefined }),
  })
  // a secret from a list is nothing anybody declares
  .filter(({ type: kind, values }) => kind !== 'secret' || values === undefined)
  .map((parts) => {
    const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
    return { name: 'SETTING', summary: '', ...given } as unknown as SettingDeclaration;
  });

describe('settings', () => {
  it('are judged exactly as the programs judge them', () => {
    fc.assert(
      fc.property(declaration, fc.option(text, { nil: undefined }), (spec, value) => {
        const { problems } = readSettings([spec], value === undefined ? {} : { SETTING: value }, 'go');
        expect(settingProblem(spec, value) !== undefined).toBe(problems.length > 0);
      }),
      { numRuns: 500 },
    );
  });

  it('get bad values that are refused and harmless ones that are not', () => {
    fc.assert(
      fc.property(
        declaration,
        text,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (spec, current, pick) => {
          const bad = invalidValue(spec, current, pick);
          if (bad !== undefined) expect(settingProblem(spec, bad)).toBeDefined();
          const good = harmlessValue(spec, current);
          if (good !== undefined) expect(settingProblem(spec, good)).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });
});
