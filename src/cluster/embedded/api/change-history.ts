import { KubeApiError } from '../../../kube/errors.ts';
import type { Change } from './store-types.ts';

/** The latest changes, for watches that begin in the past. */
export class ChangeHistory {
  readonly #limit: number;
  #changes: Change[] = [];
  /** The revision from which on everything is kept. */
  #oldest: number;

  constructor(limit: number, firstRevision: number) {
    this.#limit = limit;
    this.#oldest = firstRevision;
  }

  add(change: Change): void {
    this.#changes.push(change);
    // cut in large steps: a slice at every change would cost more than it saves
    if (this.#changes.length <= this.#limit * 1.25) return;
    this.#changes = this.#changes.slice(-this.#limit);
    this.#oldest = this.#changes[0]!.revision - 1;
  }

  /** Changes after `revision`, oldest first; KubeApiError 410 when they are no longer kept. */
  since(revision: number, resource?: string): readonly Change[] {
    if (revision < this.#oldest)
      throw new KubeApiError(410, 'Expired', `too old resource version: ${revision} (${this.#oldest})`);
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#changes[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    const rest = this.#changes.slice(low);
    return resource === undefined ? rest : rest.filter((c) => c.resource === resource);
  }
}
