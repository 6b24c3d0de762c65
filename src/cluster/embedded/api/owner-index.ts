import type { KubeObject } from '../../../kube/objects.ts';

interface Place {
  readonly resource: string;
  readonly path: string;
}

/** Who names whom as owner, by the owner's uid. */
export class OwnerIndex {
  readonly #owned = new Map<string, Map<string, Place>>();

  dependentsOf(ownerUid: string): Place[] {
    return [...(this.#owned.get(ownerUid)?.values() ?? [])];
  }

  add(resource: string, path: string, object: KubeObject): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const dependents = this.#owned.get(uid) ?? new Map<string, Place>();
      this.#owned.set(uid, dependents);
      dependents.set(`${resource} ${path}`, { resource, path });
    }
  }

  remove(resource: string, path: string, object: KubeObject): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const dependents = this.#owned.get(uid);
      dependents?.delete(`${resource} ${path}`);
      if (dependents?.size === 0) this.#owned.delete(uid);
    }
  }
}
