import { expect, test } from 'vitest';
import type { Score, VerdictKind } from '../../src/scoring/score-submission.ts';
import { wrongWith } from '../../src/scoring/wrong-answers.ts';

const score = (
  value: number,
  kinds: readonly VerdictKind[],
  missed: readonly string[],
  more: Partial<Score> = {},
) =>
  ({
    value,
    control: false,
    valid: true,
    recall: 0,
    precision: 0,
    policy: 'collapse',
    verdicts: kinds.map((kind) => ({
      name: kind,
      kind,
      entity: undefined,
      truePositive: kind === 'root-cause',
      counted: kind !== 'duplicate',
      explanation: '',
    })),
    missed,
    ...more,
  }) satisfies Score;

test('an answer may be wrong in several ways, and a perfect one in none', () => {
  expect(wrongWith(score(1, ['root-cause', 'duplicate'], []))).toEqual([]);
  expect(wrongWith(score(0.5, ['root-cause', 'symptom'], []))).toEqual(['symptom-named', 'too-many']);
  expect(wrongWith(score(0, ['trigger', 'distractor', 'ambiguous'], ['a']))).toEqual([
    'missed-cause',
    'trigger-named',
    'distractor-named',
    'unrelated-named',
  ]);
  expect(wrongWith(score(0, [], ['a'], { valid: false }))).toEqual(['no-valid-answer']);
  // a false alarm is no "too many": it has a rate of its own
  expect(wrongWith(score(0, ['symptom'], [], { control: true }))).toEqual(['symptom-named']);
});
