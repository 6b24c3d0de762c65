import { Random } from '../../base/random.ts';
import { heuristic } from './heuristic.ts';
import { entitiesOf } from './signals/entities.ts';

/** Picks any entity; another one in every repeat. What chance alone gives. */
export const randomPick = heuristic({
  name: 'random-pick',
  summary: 'names an entity drawn at random, keyed by task and repeat',
  level: 'chance',
  evidence: 'objects.jsonl',
  async suspects(evidence, randomKey) {
    const { universe } = await entitiesOf(evidence);
    if (universe.entities.length === 0) return [];
    const entity = new Random(randomKey).pick(universe.entities);
    return [{ entity, weight: 1, why: 'drawn at random' }];
  },
});
