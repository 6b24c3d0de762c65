import { expect, it } from 'vitest';
import { type Fingerprint, nearDuplicate, similarity } from '../../../src/author/generate/fingerprint.ts';

const one = (parts: Partial<Fingerprint> = {}): Fingerprint => ({
  of: 'one',
  mechanisms: ['image-not-found'],
  targets: ['a/Deployment/b'],
  planned: new Set(['p', 'q']),
  ...parts,
});

it('needs the same mechanisms, the same causes and a signature alike', () => {
  const same = { ...one(), of: 'other' };
  expect(nearDuplicate(one(), [same], 0.8)?.other.of).toBe('other');
  expect(nearDuplicate(one(), [{ ...same, mechanisms: ['memory-limit-oom'] }], 0.8)).toBeUndefined();
  expect(nearDuplicate(one(), [{ ...same, targets: ['a/Deployment/c'] }], 0.8)).toBeUndefined();
  expect(nearDuplicate(one(), [{ ...same, planned: new Set(['p', 'r']) }], 0.8)).toBeUndefined();
  expect(nearDuplicate(one(), [{ ...same, planned: new Set(['p', 'r']) }], 0.3)?.similarity).toBeCloseTo(
    1 / 3,
  );
});

it('believes what was shown more than what was planned', () => {
  const shown = one({ shown: new Set(['alert a']) });
  expect(nearDuplicate(shown, [one({ shown: new Set(['alert b']) })], 0.8)).toBeUndefined();
  expect(nearDuplicate(shown, [one({ planned: new Set(), shown: new Set(['alert a']) })], 0.8)).toBeDefined();
  // one of them was not built: the plans decide
  expect(nearDuplicate(shown, [one()], 0.8)).toBeDefined();
  expect(nearDuplicate(shown, [one({ planned: new Set(['p']) })], 0.4, 1)).toBeUndefined();
});

it('finds nothing and nothing alike', () => {
  expect(similarity(new Set(), new Set())).toBe(1);
  expect(similarity(new Set(['a']), new Set())).toBe(0);
});
