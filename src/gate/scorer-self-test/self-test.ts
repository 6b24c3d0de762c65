import type { Universe } from '../../entity/universe.ts';
import type { TaskScorer } from '../../scoring/score-run.ts';
import { mutationsOf } from './mutations.ts';

/** A gate of a task: what has to hold for its score to mean something. */
export interface GateResult {
  readonly gate: string;
  readonly ok: boolean;
  /** How much was tried. */
  readonly tried: number;
  /** What is wrong, a line each. */
  readonly problems: readonly string[];
}

/** Where a mutation belongs by the beginning of its name. */
const gates: readonly (readonly [gate: string, belongs: RegExp])[] = [
  [
    'oracle 1, in every spelling',
    /^oracle$|, (?:canonical|lower|upper|in |with |kind |short|no |one of|accepted for)/,
  ],
  ['nop, malformed, prose 0', /^(?:nop|malformed|prose)/],
  ['shotgun at most causes over entities', /^shotgun$/],
  ['every symptom alone 0', /^the symptom .* alone$/],
  ['scorer self-tests', /./],
];

/**
 * Scores the mutations of the perfect answer and compares with what they must score. `scorer` has to use the policy
 * `collapse`, the default.
 */
export function selfTest(scorer: TaskScorer, universe: Universe): readonly GateResult[] {
  const results = mutationsOf(scorer.truth, universe).map(({ name, submission, expected }) => {
    const { value } = scorer.score(submission);
    const problem =
      Math.abs(value - expected) < 1e-9 ? undefined : `${name}: scores ${value}, must be ${expected}`;
    return { gate: gates.find(([, belongs]) => belongs.test(name))?.[0], problem };
  });
  return gates.map(([gate]) => {
    const own = results.filter((result) => result.gate === gate);
    const problems = own.flatMap(({ problem }) => problem ?? []);
    return { gate, ok: problems.length === 0, tried: own.length, problems };
  });
}
