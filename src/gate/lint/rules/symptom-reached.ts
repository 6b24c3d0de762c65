import type { BundleRule } from '../finding.ts';
import { truthFile, truthLine } from '../truth-line.ts';

export const symptomReached: BundleRule = {
  scope: 'bundle',
  code: 'TRU005',
  name: 'symptom-reached',
  finds: 'symptoms that no chain of propagation edges joins to a root cause, and edges that begin nowhere',
  why: 'a symptom nobody can explain from the causes is either another incident or a hole in the truth',
  *check({ truth, universe }) {
    if (truth === undefined) return;
    const { rootCauses, symptoms, propagation } = truth.groundTruth;
    const reached = new Set(rootCauses.map(({ entity }) => universe.fold(entity)));
    for (let size = -1; size !== reached.size; ) {
      size = reached.size;
      for (const { from, to } of propagation)
        if (reached.has(universe.fold(from))) reached.add(universe.fold(to));
    }
    for (const { entity, signals } of symptoms)
      if (!reached.has(universe.fold(entity)))
        yield {
          file: truthFile,
          line: truthLine(truth, `entity: ${entity}`),
          message: `no way of propagation leads from a root cause to the symptom ${entity} (${signals.join('; ')})`,
        };
  },
};
