import { Random } from '../../base/random.ts';
import { parseEntityName } from '../../entity/entity-name.ts';
import { heuristic } from './heuristic.ts';
import { entitiesOf } from './signals/entities.ts';

/** How often objects of a kind are the cause, roughly, over published incident benchmarks. */
const shares: Readonly<Record<string, number>> = {
  Deployment: 0.4,
  ConfigMap: 0.15,
  NetworkPolicy: 0.1,
  Service: 0.1,
  Node: 0.07,
  ResourceQuota: 0.06,
  Secret: 0.05,
  HorizontalPodAutoscaler: 0.04,
  StatefulSet: 0.03,
};

/** Knows only which kinds tend to be at fault: guesses where one guess is likeliest to hit. */
export const kindPrior = heuristic({
  name: 'kind-prior',
  summary: 'names an object of the kind whose share among causes is greatest for the number of its objects',
  level: 'trivial',
  evidence: 'objects.jsonl',
  async suspects(evidence, randomKey) {
    const { universe } = await entitiesOf(evidence);
    const byKind = Map.groupBy(universe.entities, (entity) => parseEntityName(entity)?.kind ?? '');
    return Object.entries(shares).flatMap(([kind, share]) => {
      const entities = byKind.get(kind) ?? [];
      if (entities.length === 0) return [];
      const entity = new Random(randomKey).pick(entities);
      return [{ entity, weight: share / entities.length, why: `one of ${entities.length} ${kind}s` }];
    });
  },
});
