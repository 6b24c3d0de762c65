import { evidenceOf } from '../evidence.ts';
import type { BundleRule } from '../finding.ts';
import { truthFile, truthLine } from '../truth-line.ts';

export const causeEvident: BundleRule = {
  scope: 'bundle',
  code: 'TRU006',
  name: 'cause-evident',
  finds:
    'root causes of which public/ says nothing: the object does not show the change, and nothing speaks of it',
  why: 'what leaves no trace can only be guessed',
  *check(bundle) {
    const { truth } = bundle;
    for (const { entity } of truth?.groundTruth.rootCauses ?? [])
      if (truth !== undefined && evidenceOf(bundle, entity).length === 0)
        yield {
          file: truthFile,
          line: truthLine(truth, `entity: ${entity}`),
          message: `nothing in public/ speaks of ${entity}`,
        };
  },
};
