import type { PublicBundle } from '../../../snapshot/public-reader.ts';
import { changePoint } from '../change-point.ts';
import { deepestFailingSpan } from '../deepest-failing-span.ts';
import { add } from '../heuristic.ts';
import { randomWalk } from '../random-walk.ts';
import { worstErrorRatio } from '../worst-error-ratio.ts';
import { worstLatencyShift } from '../worst-latency-shift.ts';
import { once } from './once.ts';

/** Whose word counts. */
const witnesses = [changePoint, deepestFailingSpan, randomWalk, worstErrorRatio, worstLatencyShift];

/** Workloads by how badly they fare: one point from each that ranks it first, half a point for the second place, and so on. */
export const worstWorkloadsOf = once('worst-workloads', async (evidence: PublicBundle) => {
  const votes = new Map<string, number>();
  // none of them guesses
  for (const witness of witnesses)
    ((await witness.rank(evidence, 0)) ?? []).forEach(({ entity }, place) => {
      add(votes, entity, 1 / (place + 1));
    });
  return votes;
});
