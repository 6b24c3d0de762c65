import { parseDuration } from '../../base/duration.ts';
import { key as fold, unit } from '../../base/random.ts';
import type { HistoryFile } from '../../spec/application.ts';
import { controllerOf, type KubeObject } from './controllers/kinds.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** How long the cluster has been there when nothing says otherwise. */
const clusterAgeMs = 431 * dayMs;

/**
 * How old things are while a world with a past is being built. Ages of objects stand in the application's history; what
 * it does not name (pods, ReplicaSets, endpoints) follows from its owner, staggered by identity.
 */
export class WorldAge {
  readonly #seed: number;
  readonly #history = new Map<string, number>();
  readonly #revisions = new Map<string, number>();
  #defaultMs = clusterAgeMs;
  /** While true, objects and the timestamps inside them are written in the past, and no Events are. */
  isBuilding = true;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Takes the ages of an application. */
  learn(history: HistoryFile | undefined): void {
    if (history === undefined) return;
    this.#defaultMs = parseDuration(history.defaultAge) ?? clusterAgeMs;
    for (const [name, age] of Object.entries(history.ages))
      this.#history.set(name, parseDuration(age) ?? this.#defaultMs);
    for (const [name, revisions] of Object.entries(history.revisions))
      this.#revisions.set(
        name,
        Math.min(...revisions.map(({ age }) => parseDuration(age) ?? this.#defaultMs)),
      );
  }

  /** Age in ms to write for this object; 0 once the world is built. */
  ageMs(object: KubeObject): number {
    return this.isBuilding ? this.age(object) : 0;
  }

  /** Age in ms at the time of building, whether it is still going on or not. */
  age(object: KubeObject): number {
    const { namespace, name } = object.metadata;
    const owner = controllerOf(object);
    switch (object.kind) {
      case 'Pod': {
        if (owner === undefined) break;
        const workload =
          owner.kind === 'ReplicaSet'
            ? `${namespace}/Deployment/${owner.name.slice(0, owner.name.lastIndexOf('-'))}`
            : `${namespace}/${owner.kind}/${owner.name}`;
        // pods are replaced now and then, nodes are drained: none is older than a few weeks
        return (
          Math.min(this.#revisionAge(workload), 24 * dayMs) *
          (0.08 + 0.9 * this.#draw(`${namespace}/Pod/${name}`))
        );
      }
      case 'ReplicaSet':
        return this.#revisionAge(`${namespace}/Deployment/${owner?.name ?? name}`);
      case 'Endpoints':
        return this.#named(`${namespace}/Service/${name}`);
      case 'EndpointSlice':
        return this.#named(`${namespace}/Service/${owner?.name ?? name}`);
      case 'ControllerRevision':
        return this.#named(`${namespace}/${owner?.kind ?? 'StatefulSet'}/${owner?.name ?? name}`);
      case 'Namespace':
      case 'Node':
        // before everything that lives in or on them
        return this.#named(`cluster/${object.kind}/${name}`) + 14 * hourMs;
    }
    return this.#named(`${namespace ?? 'cluster'}/${object.kind}/${name}`);
  }

  #draw(identity: string): number {
    return unit(fold(this.#seed, 'age', identity));
  }

  #named(identity: string): number {
    const isSystem =
      identity.startsWith('kube-') ||
      identity.startsWith('default/') ||
      identity.startsWith('cluster/Node/') ||
      identity.startsWith('cluster/Namespace/kube-');
    const days = this.#history.get(identity) ?? (isSystem ? clusterAgeMs : this.#defaultMs);
    // people do not work at the same second of the day
    return days + 10 * hourMs * this.#draw(identity);
  }

  /** Age of a workload's present revision: younger than its earlier ones. */
  #revisionAge(workload: string): number {
    const limit = this.#revisions.get(workload) ?? this.#named(workload);
    return limit * (0.3 + 0.55 * this.#draw(`revision/${workload}`));
  }
}
