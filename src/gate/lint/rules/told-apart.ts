import type { BundleRule } from '../finding.ts';
import { neighboursOf } from '../tell-apart.ts';
import { truthFile, truthLine } from '../truth-line.ts';

export const toldApart: BundleRule = {
  scope: 'bundle',
  code: 'IDN001',
  name: 'told-apart',
  finds: 'neighbours of a cause in the reference graph that nothing in public/ tells from it',
  why: 'an answer that fits the evidence as well would be scored as wrong',
  *check(bundle) {
    const { truth } = bundle;
    if (truth === undefined) return;
    for (const { cause, neighbour, relation, by } of neighboursOf(bundle)) {
      const accepted = truth.groundTruth.rootCauses.find(({ entity }) => entity === cause)?.accepted ?? [];
      if (by === undefined && !accepted.includes(neighbour))
        yield {
          file: truthFile,
          line: truthLine(truth, `entity: ${cause}`),
          message: `nothing in public/ tells ${neighbour} (${relation}) from the cause ${cause}`,
          hint: 'let something name what was changed, or accept the neighbour as well',
        };
    }
  },
};
