import { add, type Heuristic, heuristic, suspectsOf } from './heuristic.ts';

/** Lets others vote: three points for whom each suspects most, two and one for the next. */
export function ensembleOf(voters: readonly Heuristic[]): Heuristic {
  return heuristic({
    name: 'ensemble',
    summary: `lets ${voters.length} heuristics vote on their first three suspects each`,
    level: 'simple',
    evidence: '',
    async suspects(evidence, randomKey) {
      const votes = new Map<string, number>();
      for (const voter of voters)
        (await voter.rank(evidence, randomKey))?.slice(0, 3).forEach(({ entity }, place) => {
          add(votes, entity, 3 - place);
        });
      return suspectsOf(votes, (points) => `${points} points of ${3 * voters.length}`);
    },
  });
}
