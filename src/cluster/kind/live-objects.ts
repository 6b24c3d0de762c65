import { inParallel } from '../../base/in-parallel.ts';
import { canonicalJson } from '../../base/json.ts';
import type { GroupVersionKind, KubeClient } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/objects.ts';

/**
 * The namespaced objects of a cluster that somebody can take away, as one look showed them: a request per kind instead
 * of one per object, for a reset should take seconds.
 */
export class LiveObjects {
  readonly #byId = new Map<string, KubeObject>();
  readonly #kinds = new Set<string>();

  static async list(kube: KubeClient): Promise<LiveObjects> {
    const live = new LiveObjects();
    await inParallel(await namespacedKinds(kube), 8, async (kind) => {
      const { items } = await kube.list(kind);
      live.#kinds.add(kindOf(kind));
      for (const object of items) live.#byId.set(idOf(object), object);
    });
    return live;
  }

  /** The object of a manifest; `undefined` if it is not there, `unknown` if things of its kind were not looked at. */
  find(manifest: KubeObject): KubeObject | undefined | 'unknown' {
    return this.#kinds.has(kindOf(manifest)) ? this.#byId.get(idOf(manifest)) : 'unknown';
  }

  /** All that are in one of these namespaces. */
  in(namespaces: readonly string[]): readonly KubeObject[] {
    const wanted = new Set(namespaces);
    return [...this.#byId.values()].filter(({ metadata }) => wanted.has(metadata.namespace ?? ''));
  }
}

/** Remembers in which version the server keeps what was applied: what still has it was not changed by anybody. */
export class AppliedVersions {
  readonly #versions = new Map<string, string>();

  remember(manifest: KubeObject, kept: KubeObject): void {
    this.#versions.set(idOf(manifest), versionOf(manifest, kept));
  }

  isAsApplied(manifest: KubeObject, live: KubeObject): boolean {
    return this.#versions.get(idOf(manifest)) === versionOf(manifest, live);
  }
}

/** What an object is, whatever the version of its API. */
export function idOf({ metadata, ...object }: KubeObject): string {
  return `${kindOf(object)}/${metadata.namespace ?? ''}/${metadata.name}`;
}

function kindOf({ apiVersion, kind }: GroupVersionKind): string {
  return `${apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''}/${kind}`;
}

function versionOf(manifest: KubeObject, { metadata }: KubeObject): string {
  return `${metadata.uid} ${metadata.resourceVersion} ${canonicalJson(manifest)}`;
}

async function namespacedKinds(kube: KubeClient): Promise<readonly GroupVersionKind[]> {
  const kinds = (await kube.resources()).filter(
    ({ namespaced, verbs, plural, kind }) =>
      namespaced &&
      verbs.includes('list') &&
      verbs.includes('delete') &&
      !plural.includes('/') &&
      // forgotten at the end of a reset, and not of what people want
      kind !== 'Event',
  );
  return kinds.map(({ apiVersion, kind }) => ({ apiVersion, kind }));
}
