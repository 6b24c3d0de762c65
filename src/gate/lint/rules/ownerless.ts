import { entityName } from '../../../entity/entity-name.ts';
import type { BundleRule } from '../finding.ts';

/** Kinds that controllers make; by hand almost nobody does. */
const made = new Set(['Pod', 'ReplicaSet', 'ControllerRevision', 'EndpointSlice']);

/** The API server itself makes it. */
const apiServersOwn = 'default/EndpointSlice/kubernetes';

export const ownerless: BundleRule = {
  scope: 'bundle',
  code: 'LEK006',
  name: 'ownerless',
  finds:
    'pods, ReplicaSets, ControllerRevisions and EndpointSlices without an owner, and objects of a namespace that is not there',
  why: 'what no controller made was put there for the exercise',
  *check({ objects, universe }) {
    for (const { line, value } of objects) {
      const { name, namespace, ownerReferences } = value.metadata;
      const self = entityName({ kind: value.kind, name, namespace });
      if (
        made.has(value.kind) &&
        self !== apiServersOwn &&
        (ownerReferences ?? []).length === 0 &&
        universe.fold(self) === self
      )
        yield { file: 'public/objects.jsonl', line, message: `${self} has no owner` };
      if (
        namespace !== undefined &&
        universe.find(entityName({ kind: 'Namespace', name: namespace })) === undefined
      )
        yield {
          file: 'public/objects.jsonl',
          line,
          message: `${self} is in a namespace that is not there`,
        };
    }
  },
};
