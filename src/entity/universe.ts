import { byCodeUnit, byText } from '../base/order.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import { type EntityRef, entityName, nameOfObject, parseEntityName } from './entity-name.ts';
import { Folding } from './folding.ts';

/** An object that existed in the window, and the entity it is folded into. */
export interface UniverseMember {
  readonly name: string;
  readonly ref: EntityRef;
  /** Canonical name of the folded entity. */
  readonly entity: string;
}

/** Everything that existed in the window. Made from public evidence only. */
export interface Universe {
  /** Sorted by name. */
  readonly members: readonly UniverseMember[];
  /** Folded entities, sorted. */
  readonly entities: readonly string[];
  find(name: string): UniverseMember | undefined;
  /** The folded entity of a canonical name, also of a pod that left nothing but its name. */
  fold(name: string): string;
}

/**
 * The universe of recorded objects and of mentions: objects named by Events, logs or spans that have no object line
 * any more.
 */
export function createUniverse(objects: readonly KubeObject[], mentions: Iterable<EntityRef> = []): Universe {
  const folding = new Folding(objects);
  const refs = new Map<string, EntityRef>();
  for (const object of objects)
    refs.set(nameOfObject(object), {
      kind: object.kind,
      name: object.metadata.name,
      namespace: object.metadata.namespace,
    });
  for (const mention of mentions) {
    const name = entityName(mention);
    if (!refs.has(name)) refs.set(name, mention);
  }
  // an owner that left no object of its own is an entity too: its name must be known where it is answered
  for (const name of [...refs.keys()]) {
    const entity = folding.fold(name);
    const ref = refs.has(entity) ? undefined : parseEntityName(entity);
    if (ref !== undefined) refs.set(entity, ref);
  }
  const members = [...refs]
    .map(([name, ref]) => ({ name, ref, entity: folding.fold(name) }))
    .sort(byText((member) => member.name));
  const byName = new Map(members.map((member) => [member.name, member]));
  return {
    members,
    entities: [...new Set(members.map((member) => member.entity))].sort(byCodeUnit),
    find: (name) => byName.get(name),
    fold: (name) => byName.get(name)?.entity ?? folding.fold(name),
  };
}
