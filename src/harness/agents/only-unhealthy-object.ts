import { nameOfObject } from '../../entity/entity-name.ts';
import { add, heuristic, suspectsOf } from './heuristic.ts';
import { entitiesOf } from './signals/entities.ts';
import { isUnhealthy } from './signals/unhealthy.ts';

/** Blames the one thing that is not healthy; has no opinion when there are several. */
export const onlyUnhealthyObject = heuristic({
  name: 'only-unhealthy-object',
  summary: 'names the entity whose status is not what its specification asks for, if it is the only one',
  level: 'trivial',
  evidence: 'objects.jsonl',
  async suspects(evidence) {
    const { objects, universe } = await entitiesOf(evidence);
    const unhealthy = new Map<string, number>();
    for (const object of objects)
      if (object['deleted'] === undefined && isUnhealthy(object))
        add(unhealthy, universe.fold(nameOfObject(object)), 1);
    return unhealthy.size > 1
      ? undefined
      : suspectsOf(unhealthy, (count) => `${count} of its objects are not healthy, and nothing else`);
  },
});
