import type { BundleRule } from '../finding.ts';
import { neighboursOf } from '../tell-apart.ts';
import { truthFile, truthLine } from '../truth-line.ts';

export const acceptedNeedlessly: BundleRule = {
  scope: 'bundle',
  code: 'IDN002',
  name: 'accepted-needlessly',
  finds: 'entities accepted for a cause that are no neighbours of it, or that the evidence tells from it',
  why: 'a wrong answer would count as right',
  *check(bundle) {
    const { truth, universe } = bundle;
    if (truth === undefined) return;
    const neighbours = neighboursOf(bundle);
    for (const { entity, accepted } of truth.groundTruth.rootCauses)
      for (const name of accepted) {
        // other names of the cause itself, and names that mean nothing, are TRU001's
        if (universe.fold(name) !== name || universe.find(name) === undefined) continue;
        const place = { file: truthFile, line: truthLine(truth, name) };
        const neighbour = neighbours.find((one) => one.cause === entity && one.neighbour === name);
        if (neighbour === undefined)
          yield { ...place, message: `${name} is accepted for ${entity} and is no neighbour of it` };
        else if (neighbour.by !== undefined)
          yield {
            ...place,
            message: `${name} is accepted for ${entity}, and ${neighbour.by.file}:${neighbour.by.line} tells them apart (${neighbour.by.says})`,
          };
      }
  },
};
