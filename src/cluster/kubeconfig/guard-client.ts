import { UserError } from '../../base/errors.ts';
import type { GroupVersionKind, KubeClient, ListOptions, ResourceInfo } from '../../kube/client.ts';
import { KubeApiError } from '../../kube/errors.ts';
import type { ObjectRef } from '../../kube/objects.ts';
import { entityName } from '../../spec/entity-name.ts';
import { mergeWatches } from './merge-watches.ts';

/** What may be done in a cluster that is somebody else's. */
export interface Permission {
  /** Namespaces whose objects may be read and written. */
  readonly namespaces: readonly string[];
  /** What says so, for messages: `namespaces of clusters/staging.yaml`. */
  readonly source: string;
}

/**
 * A client that reaches nothing but the namespaces it was given: every write to another namespace and to objects of the
 * whole cluster (Namespaces and Nodes too) is refused before anything is sent, whatever the object claims of itself, for
 * the server's discovery says which kinds have a namespace. Objects of other namespaces cannot be read either: a list of
 * all namespaces is one of those named. Objects of the whole cluster can be read.
 */
export function guardClient(kube: KubeClient, permission: Permission): KubeClient {
  const allowed = new Set(permission.namespaces);

  const resourceOf = async ({ apiVersion, kind }: GroupVersionKind): Promise<ResourceInfo> => {
    const found = (await kube.resources()).find((one) => one.apiVersion === apiVersion && one.kind === kind);
    if (found !== undefined) return found;
    throw new KubeApiError(404, 'NotFound', `no matches for kind "${kind}" in version "${apiVersion}"`);
  };
  const refuse = (verb: string, what: string): never => {
    throw new UserError(
      'not-permitted',
      `${verb} ${what} is not permitted: it is outside of ${[...allowed].join(', ')}`,
      {
        hint: `only the ${permission.source} may be touched`,
      },
    );
  };
  /** The object with its namespace said; refuses what is elsewhere. */
  const inside = async <T extends ObjectRef>(verb: string, ref: T): Promise<T & { namespace: string }> => {
    const { namespaced } = await resourceOf(ref);
    if (!namespaced) return refuse(verb, entityName({ kind: ref.kind, name: ref.name }));
    const namespace = ref.namespace ?? 'default';
    if (!allowed.has(namespace))
      return refuse(verb, entityName({ kind: ref.kind, namespace, name: ref.name }));
    return { ...ref, namespace };
  };
  /** Where a list or a watch of a kind goes: `undefined` is the whole cluster. */
  const places = async (
    verb: string,
    kind: GroupVersionKind,
    options: ListOptions | undefined,
  ): Promise<readonly (string | undefined)[]> => {
    if (!(await resourceOf(kind)).namespaced) return [undefined];
    if (options?.namespace === undefined) return permission.namespaces;
    if (!allowed.has(options.namespace)) return refuse(verb, `${kind.kind}s of ${options.namespace}`);
    return [options.namespace];
  };
  const at = (options: ListOptions | undefined, namespace: string | undefined): ListOptions => {
    const { namespace: _, ...rest } = options ?? {};
    return namespace === undefined ? rest : { ...rest, namespace };
  };

  return {
    resources: () => kube.resources(),
    version: () => kube.version(),
    async get(ref) {
      const { namespaced } = await resourceOf(ref);
      return kube.get(namespaced ? await inside('reading', ref) : ref);
    },
    async list(kind, options) {
      const lists = [];
      for (const namespace of await places('reading', kind, options))
        lists.push(await kube.list(kind, at(options, namespace)));
      // a watch from the oldest of them misses nothing; what it repeats is known by its version
      const versions = lists.map((list) => list.resourceVersion).sort(byVersion);
      return { items: lists.flatMap((list) => list.items), resourceVersion: versions[0] ?? '0' };
    },
    async create(object, options) {
      const { name, namespace } = object.metadata;
      const { apiVersion, kind } = object;
      const ref = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
      const inPlace = await inside('creating', ref);
      return kube.create(
        { ...object, metadata: { ...object.metadata, namespace: inPlace.namespace } },
        options,
      );
    },
    async replace(object) {
      const { name, namespace } = object.metadata;
      const { apiVersion, kind } = object;
      const ref = { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
      const inPlace = await inside('changing', ref);
      return kube.replace({ ...object, metadata: { ...object.metadata, namespace: inPlace.namespace } });
    },
    async patch(ref, type, body, options) {
      return kube.patch(await inside('changing', ref), type, body, options);
    },
    async delete(ref, options) {
      return kube.delete(await inside('deleting', ref), options);
    },
    async *watch(kind, resourceVersion, signal, options) {
      const namespaces = await places('reading', kind, options);
      yield* mergeWatches(
        namespaces.map(
          (namespace) => (stop) => kube.watch(kind, resourceVersion, stop, at(options, namespace)),
        ),
        signal,
      );
    },
    async podLog(ref, options) {
      await inside('reading the log of', { apiVersion: 'v1', kind: 'Pod', ...ref });
      return kube.podLog(ref, options);
    },
  };
}

function byVersion(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
