import type { KubeClient, ResourceInfo } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/objects.ts';

/** The present objects of some kinds, from watches. */
export class KindStore {
  readonly #objects = new Map<string, KubeObject>();
  readonly #kube: KubeClient;

  constructor(kube: KubeClient) {
    this.#kube = kube;
  }

  /**
   * Lists the kinds, each in the newest version the server has, and follows them until the signal aborts. Resolves when
   * all are listed; a watch that fails later is reported.
   */
  async follow(
    kinds: readonly string[],
    signal: AbortSignal,
    onFailure: (kind: string, error: unknown) => void,
  ): Promise<void> {
    const resources = await this.#kube.resources();
    await Promise.all(
      kinds.map(async (kind) => {
        const resource = newest(resources.filter((one) => one.kind === kind && one.verbs.includes('watch')));
        if (resource === undefined) return;
        const { items, resourceVersion } = await this.#kube.list(resource);
        for (const object of items) this.#put(object);
        void this.#watch(resource, resourceVersion, signal).catch((error: unknown) => onFailure(kind, error));
      }),
    );
  }

  async #watch(resource: ResourceInfo, resourceVersion: string, signal: AbortSignal): Promise<void> {
    for await (const { type, object } of this.#kube.watch(resource, resourceVersion, signal)) {
      if (type === 'DELETED') this.#objects.delete(keyOf(object));
      else if (type !== 'BOOKMARK') this.#put(object);
    }
  }

  #put(object: KubeObject): void {
    // most of an object's bytes, and nobody here reads them
    const { managedFields: _, ...metadata } = object.metadata as KubeObject['metadata'] & {
      managedFields?: unknown;
    };
    this.#objects.set(keyOf(object), { ...object, metadata });
  }

  values(): Iterable<KubeObject> {
    return this.#objects.values();
  }
}

function keyOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}

/** `v2` before `v2beta2` before `v1` before `v1beta1`; of two groups, the one that is not `extensions`. */
function newest(resources: readonly ResourceInfo[]): ResourceInfo | undefined {
  const rank = ({ apiVersion }: ResourceInfo): number => {
    const match = /(?:^|\/)v(\d+)(?:(alpha|beta)(\d+))?$/.exec(apiVersion);
    if (match === null || apiVersion.startsWith('extensions/')) return -1;
    const stability = match[2] === undefined ? 99 : match[2] === 'beta' ? 50 + Number(match[3]) : 0;
    return Number(match[1]) * 100 + stability;
  };
  return [...resources].sort((a, b) => rank(b) - rank(a))[0];
}
