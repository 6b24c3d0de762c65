import type { BundleRule } from '../finding.ts';
import { truthFile, truthLine } from '../truth-line.ts';

export const causeResolves: BundleRule = {
  scope: 'bundle',
  code: 'TRU001',
  name: 'cause-resolves',
  finds: 'root causes and accepted names that do not resolve to exactly one entity, or not to their own',
  why: 'the right answer would score nothing, or a wrong one something',
  *check({ truth, resolver }) {
    if (truth === undefined) return;
    const seen = new Map<string, string>();
    for (const cause of truth.groundTruth.rootCauses)
      for (const name of [cause.entity, ...cause.accepted]) {
        const place = { file: truthFile, line: truthLine(truth, name) };
        const found = resolver.resolve(name);
        if (found.status !== 'resolved')
          yield { ...place, message: `${name} is ${found.status}: ${found.explanation}` };
        else if (found.entity !== cause.entity && !cause.accepted.includes(found.entity))
          yield {
            ...place,
            message: `${name} means ${found.entity}, which is not accepted for ${cause.entity}`,
          };
        else if (name === cause.entity) {
          const earlier = seen.get(found.entity);
          if (earlier !== undefined) yield { ...place, message: `${name} and ${earlier} are one entity` };
          seen.set(found.entity, name);
        }
      }
  },
};
