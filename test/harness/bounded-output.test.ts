import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedOutput, truncateMiddle } from '../../src/harness/sandbox/bounded-output.ts';

describe('bounded output', () => {
  it('is the same however the bytes are cut into chunks', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        (text, limit, size) => {
          const bytes = new TextEncoder().encode(text);
          const output = new BoundedOutput(limit);
          for (let at = 0; at < bytes.length; at += size) output.push(bytes.subarray(at, at + size));
          const whole = new BoundedOutput(limit);
          whole.push(bytes);
          expect(output.text()).toBe(whole.text());
        },
      ),
    );
  });

  it('keeps both ends and says how much is missing', () => {
    expect(truncateMiddle('abcdefghij', 4)).toBe('ab\n[… 6 of 10 characters left out …]\nij');
    expect(truncateMiddle('abcd', 4)).toBe('abcd');
  });

  it('holds 20 MB of endless output in little memory', () => {
    const output = new BoundedOutput();
    for (let i = 0; i < 20_000; i++) output.push('x'.repeat(1000));
    expect(output.truncated).toBe(true);
    expect(output.text().length).toBeLessThan(20_100);
  });
});
