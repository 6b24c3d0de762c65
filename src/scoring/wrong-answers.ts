import type { Score } from './score-submission.ts';

/** Why an answer is not perfect; one answer may be wrong in several ways. */
export type WrongKind =
  /** No answer file, or not one in the answer format. */
  | 'no-valid-answer'
  | 'missed-cause'
  | 'symptom-named'
  /** An object that a trigger operation of the injection changed. */
  | 'trigger-named'
  | 'distractor-named'
  /** Something else, or nothing that can be told. */
  | 'unrelated-named'
  /** Every cause was named, and more. */
  | 'too-many';

/** In the order of tables. */
export const wrongKinds: readonly WrongKind[] = [
  'no-valid-answer',
  'missed-cause',
  'symptom-named',
  'trigger-named',
  'distractor-named',
  'unrelated-named',
  'too-many',
];

/** What is wrong with an answer; nothing for a perfect one. */
export function wrongWith(score: Score): WrongKind[] {
  if (score.value === 1) return [];
  if (!score.valid) return ['no-valid-answer'];
  const named = new Set(score.verdicts.filter(({ counted }) => counted).map(({ kind }) => kind));
  const found: Record<WrongKind, boolean> = {
    'no-valid-answer': false,
    'missed-cause': score.missed.length > 0,
    'symptom-named': named.has('symptom'),
    'trigger-named': named.has('trigger'),
    'distractor-named': named.has('distractor'),
    'unrelated-named': named.has('unrelated') || named.has('unknown') || named.has('ambiguous'),
    'too-many': !score.control && score.missed.length === 0,
  };
  return wrongKinds.filter((kind) => found[kind]);
}
