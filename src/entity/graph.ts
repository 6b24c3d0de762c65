import { byText } from '../base/order.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import { nameOfObject } from './entity-name.ts';
import { type Relation, relations } from './relations.ts';

import { createUniverse, type Universe } from './universe.ts';

export interface Edge {
  readonly from: string;
  readonly relation: Relation;
  readonly to: string;
}

/** Entities and how they bear on each other, from recorded objects; ends of edges are folded except for `owns`. */
export interface EntityGraph {
  readonly universe: Universe;
  /** Sorted by from, relation, to. */
  readonly edges: readonly Edge[];
  /** Edges from or to an entity. */
  of(entity: string): readonly Edge[];
}

/** Builds the graph of objects as they last were. */
export function buildGraph(objects: readonly KubeObject[]): EntityGraph {
  const universe = createUniverse(objects);
  const edges = new Map<string, Edge>();
  const add = (from: string, relation: Relation, to: string) => {
    if (from !== to) edges.set(`${from} ${relation} ${to}`, { from, relation, to });
  };
  for (const { name, entity } of universe.members) if (entity !== name) add(entity, 'owns', name);
  const pods = objects.filter((object) => object.kind === 'Pod');
  const context = {
    objects,
    pods,
    has: (name: string) => universe.find(name) !== undefined,
    workloadOf: (pod: KubeObject) => universe.fold(nameOfObject(pod)),
  };
  for (const object of objects)
    for (const { relation, to, reverse } of relations(object, context)) {
      const self = universe.fold(nameOfObject(object));
      if (reverse) add(to, relation, self);
      else add(self, relation, to);
    }
  const sorted = [...edges.values()].sort(
    byText(
      (edge) => edge.from,
      (edge) => edge.relation,
      (edge) => edge.to,
    ),
  );
  const byEntity = new Map<string, Edge[]>();
  for (const edge of sorted)
    for (const end of [edge.from, edge.to]) {
      const there = byEntity.get(end);
      if (there) there.push(edge);
      else byEntity.set(end, [edge]);
    }
  return { universe, edges: sorted, of: (entity) => byEntity.get(entity) ?? [] };
}
