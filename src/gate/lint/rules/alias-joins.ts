import type { BundleRule } from '../finding.ts';
import { truthFile, truthLine } from '../truth-line.ts';

export const aliasJoins: BundleRule = {
  scope: 'bundle',
  code: 'TRU002',
  name: 'alias-joins',
  finds: 'accepted names that mean a symptom, a distractor, an object of a trigger, or another cause',
  why: 'who names the loudest victim would be right',
  *check({ truth, resolver, universe }) {
    if (truth === undefined) return;
    const { rootCauses, symptoms, distractors, triggers } = truth.groundTruth;
    for (const cause of rootCauses) {
      const roles = new Map<string, string>([
        ...distractors.map(({ entity }) => [universe.fold(entity), 'distractor'] as const),
        ...triggers.map((entity) => [universe.fold(entity), 'object of a trigger'] as const),
        ...symptoms.map(({ entity }) => [universe.fold(entity), 'symptom'] as const),
        ...rootCauses
          .filter((other) => other !== cause)
          .map(({ entity }) => [entity, 'cause of its own'] as const),
      ]);
      roles.delete(cause.entity);
      for (const name of cause.accepted) {
        const found = resolver.resolve(name);
        const role = roles.get(found.status === 'resolved' ? found.entity : universe.fold(name));
        if (role !== undefined)
          yield {
            file: truthFile,
            line: truthLine(truth, name),
            message: `${name} is accepted for ${cause.entity} and is a ${role}`,
          };
      }
    }
  },
};
