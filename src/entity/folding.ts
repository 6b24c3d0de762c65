import { byCodeUnit } from '../base/order.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import { type EntityRef, entityName, nameOfObject, parseEntityName } from './entity-name.ts';
import { possibleOwners } from './generated-name.ts';

/**
 * Which objects are one entity: Pod → ReplicaSet → Deployment (and the like) by controller owner references, Endpoints
 * and EndpointSlices with their Service. Pods whose object is not there any more are folded by the shape of their name
 * if exactly one workload of the namespace could have made it. A Node owns static pods but does not stand for them.
 */
export class Folding {
  readonly #objects = new Map<string, KubeObject>();
  readonly #memo = new Map<string, string>();

  constructor(objects: Iterable<KubeObject>) {
    for (const object of objects) this.#objects.set(nameOfObject(object), object);
  }

  has(name: string): boolean {
    return this.#objects.has(name);
  }

  /** Canonical name of the entity an object belongs to; the name itself if it stands alone. */
  fold(name: string): string {
    let folded = this.#memo.get(name);
    if (folded === undefined) {
      folded = this.#fold(name, 0);
      this.#memo.set(name, folded);
    }
    return folded;
  }

  #fold(name: string, depth: number): string {
    const ref = parseEntityName(name);
    if (ref === undefined || depth > 8) return name;
    const object = this.#objects.get(name);
    const owner = object === undefined ? this.#guess(ref) : this.#owner(object);
    return owner === undefined || owner === name ? name : this.#fold(owner, depth + 1);
  }

  #owner(object: KubeObject): string | undefined {
    const { namespace, name, ownerReferences } = object.metadata;
    if (object.kind === 'Endpoints') {
      const service = entityName({ kind: 'Service', name, namespace });
      return this.#objects.has(service) ? service : undefined;
    }
    const owners = Array.isArray(ownerReferences) ? ownerReferences : [];
    const owner = owners.find((reference) => reference.controller === true) ?? owners[0];
    if (owner === undefined || typeof owner.kind !== 'string' || typeof owner.name !== 'string')
      return undefined;
    if (owner.kind === 'Node' || owner.kind === 'Namespace') return undefined;
    const local = entityName({ kind: owner.kind, name: owner.name, namespace });
    if (this.#objects.has(local)) return local;
    const global = entityName({ kind: owner.kind, name: owner.name });
    if (this.#objects.has(global)) return global;
    // the owner was gone before the window; what owned it may still be found by its name
    return this.#guess({ kind: owner.kind, name: owner.name, namespace }) ?? local;
  }

  #guess(ref: EntityRef): string | undefined {
    if (!['Pod', 'ReplicaSet', 'Job', 'EndpointSlice'].includes(ref.kind)) return undefined;
    for (const { kinds, name } of possibleOwners(ref.name)) {
      const found = kinds
        .map((kind) => entityName({ kind, name, namespace: ref.namespace }))
        .filter((candidate) => this.#objects.has(candidate) && fits(ref.kind, candidate));
      if (found.length === 1) return found[0];
    }
    return undefined;
  }

  /** All canonical names, sorted. */
  names(): readonly string[] {
    return [...this.#objects.keys()].sort(byCodeUnit);
  }
}

function fits(kind: string, owner: string): boolean {
  const ownerKind = parseEntityName(owner)?.kind;
  if (kind === 'ReplicaSet') return ownerKind === 'Deployment';
  if (kind === 'Job') return ownerKind === 'CronJob';
  if (kind === 'EndpointSlice') return ownerKind === 'Service';
  return ownerKind !== 'Service';
}
