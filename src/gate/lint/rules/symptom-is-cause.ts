import type { BundleRule } from '../finding.ts';
import { truthFile, truthLine } from '../truth-line.ts';

export const symptomIsCause: BundleRule = {
  scope: 'bundle',
  code: 'TRU003',
  name: 'symptom-is-cause',
  finds:
    'symptoms, distractors and objects of triggers that are a root cause, by themselves or folded into it',
  why: 'an entity is at fault or suffers; a truth that says both accepts symptoms as causes',
  *check({ truth, universe }) {
    if (truth === undefined) return;
    const { rootCauses, symptoms, distractors, triggers } = truth.groundTruth;
    const causes = new Map(rootCauses.map(({ entity }) => [universe.fold(entity), entity]));
    for (const [role, names] of [
      ['symptom', symptoms.map(({ entity }) => entity)],
      ['distractor', distractors.map(({ entity }) => entity)],
      ['object of a trigger', triggers],
    ] as const)
      for (const name of names) {
        const cause = causes.get(universe.fold(name));
        if (cause !== undefined)
          yield {
            file: truthFile,
            line: truthLine(truth, name),
            message: `the ${role} ${name} is the root cause ${cause}`,
          };
      }
  },
};
