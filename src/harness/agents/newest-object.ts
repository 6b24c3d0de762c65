import { nameOfObject } from '../../entity/entity-name.ts';
import { heuristic } from './heuristic.ts';
import { entitiesOf } from './signals/entities.ts';

/** Kinds that controllers and nodes keep making. */
const made: ReadonlySet<string> = new Set(['Lease', 'Endpoints', 'EndpointSlice', 'ControllerRevision']);

/** Blames the object somebody made last; finds every fault that leaves a new object behind. */
export const newestObject = heuristic({
  name: 'newest-object',
  summary: 'names the object created last in the window that no controller made',
  level: 'trivial',
  evidence: 'objects.jsonl',
  async suspects(evidence) {
    const { objects, universe } = await entitiesOf(evidence);
    const startMs = Date.parse(evidence.manifest.window.start);
    return objects.flatMap((object) => {
      const created = object.metadata.creationTimestamp;
      if (made.has(object.kind) || object.metadata.ownerReferences?.length || !created) return [];
      const weight = Date.parse(created);
      return weight >= startMs
        ? [{ entity: universe.fold(nameOfObject(object)), weight, why: `made at ${created}` }]
        : [];
    });
  },
});
