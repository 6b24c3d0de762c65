import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/workload/settings.ts';

const pool = {
  name: 'POOL',
  type: 'integer' as const,
  summary: 'x',
  default: '10',
  minimum: 1,
  maximum: 100,
};

describe('settings', () => {
  it('takes every integer in its range and refuses every other text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer().map(String),
          fc.string(),
          fc.constantFrom('', ' 5', '5 ', '1e1', '0x5', 'NaN', '5.0'),
        ),
        (text) => {
          const { settings, problems } = readSettings([pool], { POOL: text }, 'go');
          const number = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined;
          if (text === '') expect(settings.number('$POOL', 0)).toBe(10);
          else if (number !== undefined && number >= 1 && number <= 100)
            expect(settings.number('$POOL', 0)).toBe(number);
          else
            expect(problems).toMatchObject([
              { setting: 'POOL', message: expect.stringContaining('invalid value for POOL') },
            ]);
        },
      ),
    );
  });

  it('reports every problem in the words of the runtime, and never the value of a secret', () => {
    const specs = [
      { name: 'ADDRESS', type: 'address' as const, summary: 'x' },
      { name: 'WAIT', type: 'duration' as const, summary: 'x' },
      { name: 'KEY', type: 'secret' as const, summary: 'x', values: ['a'] },
      { name: 'NEEDED', type: 'string' as const, summary: 'x', required: true },
    ];
    const env = { ADDRESS: 'payment', WAIT: 'soon', KEY: 'hunter2', NEEDED: '' };
    const messages = readSettings(specs, env, 'go').problems.map((problem) => problem.message);
    expect(messages).toEqual([
      'invalid value for ADDRESS: address payment: missing port in address',
      'invalid value for WAIT: time: invalid duration "soon"',
      'invalid value for KEY: "***" is not one of a',
      'required environment variable NEEDED is not set',
    ]);
  });

  it('reads durations in milliseconds and booleans as numbers', () => {
    const specs = [
      { name: 'WAIT', type: 'duration' as const, summary: 'x' },
      { name: 'ON', type: 'boolean' as const, summary: 'x', default: 'true' },
    ];
    const { settings } = readSettings(specs, { WAIT: '1m30s' }, 'go');
    expect([
      settings.number('$WAIT', 0),
      settings.number('$ON', 0),
      settings.number('$NONE', 7),
      settings.number(3, 0),
    ]).toEqual([90_000, 1, 7, 3]);
  });
});
