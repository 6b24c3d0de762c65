import { apiPath } from './api-path.ts';
import type {
  GroupVersionKind,
  KubeClient,
  ListOptions,
  ObjectList,
  PatchType,
  ResourceInfo,
} from './client.ts';
import { KubeApiError } from './errors.ts';
import { discover } from './kube-discovery.ts';
import type { KubeObject, ObjectRef } from './objects.ts';
import { responseError } from './response-error.ts';
import type { KubeTransport, TransportRequest } from './transport.ts';
import { watchWithoutGaps } from './watch-without-gaps.ts';

const patchTypes: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** Writes are strict: a field the server does not know is refused, not dropped. Old servers ignore the parameter. */
const strict = { fieldValidation: 'Strict' };
const pageSize = '500';

/** A KubeClient over any transport. */
export function createRestClient(transport: KubeTransport): KubeClient {
  let known: Promise<readonly ResourceInfo[]> | undefined;
  const resources = () => (known ??= discover(transport));

  const resourceOf = async (kind: GroupVersionKind): Promise<ResourceInfo> => {
    const find = async () =>
      (await resources()).find(
        (r) => r.apiVersion === kind.apiVersion && r.kind === kind.kind && r.verbs.includes('get'),
      );
    const found = await find();
    if (found !== undefined) return found;
    known = undefined;
    const refreshed = await find();
    if (refreshed !== undefined) return refreshed;
    throw new KubeApiError(
      404,
      'NotFound',
      `no matches for kind "${kind.kind}" in version "${kind.apiVersion}"`,
      { ...kind },
    );
  };
  const ask = async (request: TransportRequest): Promise<unknown> => {
    const response = await transport.request(request);
    if (response.status >= 400) throw responseError(response, `${request.method} ${request.path}`);
    return response.body;
  };
  const pathOf = async (ref: ObjectRef, subresource?: string): Promise<string> => {
    const { plural, namespaced } = await resourceOf(ref);
    return apiPath(
      ref.apiVersion,
      plural,
      namespaced ? (ref.namespace ?? 'default') : undefined,
      ref.name,
      subresource,
    );
  };
  const collection = async (kind: GroupVersionKind, namespace: string | undefined): Promise<string> => {
    const { plural, namespaced } = await resourceOf(kind);
    return apiPath(kind.apiVersion, plural, namespaced ? namespace : undefined);
  };

  const list = async (kind: GroupVersionKind, options: ListOptions = {}): Promise<ObjectList> => {
    const path = await collection(kind, options.namespace);
    for (let attempt = 0; ; attempt++) {
      try {
        return await allPages(ask, path, selectors(options), kind);
      } catch (error) {
        // the snapshot that was paged through is gone: begin again
        if (!(error instanceof KubeApiError && error.status === 410 && attempt < 3)) throw error;
      }
    }
  };

  return {
    resources,
    async version() {
      return (await ask({ method: 'GET', path: '/version' })) as {
        gitVersion: string;
        major: string;
        minor: string;
      };
    },
    async get(ref) {
      return (await ask({ method: 'GET', path: await pathOf(ref) })) as KubeObject;
    },
    list,
    async create(object, options = {}) {
      const { plural, namespaced } = await resourceOf(object);
      const path = apiPath(
        object.apiVersion,
        plural,
        namespaced ? (object.metadata.namespace ?? 'default') : undefined,
      );
      return (await ask({
        method: 'POST',
        path,
        query: { ...strict, ...manager(options) },
        body: object,
      })) as KubeObject;
    },
    async replace(object) {
      const path = await pathOf({ ...object, ...object.metadata });
      return (await ask({ method: 'PUT', path, query: strict, body: object })) as KubeObject;
    },
    async patch(ref, type, body, options = {}) {
      const path = await pathOf(ref, options.subresource);
      return (await ask({
        method: 'PATCH',
        path,
        query: { ...strict, ...manager(options) },
        body,
        contentType: patchTypes[type],
      })) as KubeObject;
    },
    async delete(ref, options = {}) {
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...options };
      await ask({ method: 'DELETE', path: await pathOf(ref), body });
    },
    async *watch(kind, resourceVersion, signal, options = {}) {
      const path = await collection(kind, options.namespace);
      yield* watchWithoutGaps({
        transport,
        path,
        query: selectors(options),
        resourceVersion,
        signal,
        list: () => list(kind, options),
      });
    },
    async podLog({ namespace, name, container }, options = {}) {
      const query: Record<string, string> = { container, timestamps: 'true' };
      if (options.previous === true) query['previous'] = 'true';
      if (options.sinceTime !== undefined) query['sinceTime'] = options.sinceTime;
      return String(
        (await ask({ method: 'GET', path: apiPath('v1', 'pods', namespace, name, 'log'), query })) ?? '',
      );
    },
  };
}

function manager({ fieldManager }: { fieldManager?: string }): Record<string, string> {
  return fieldManager === undefined ? {} : { fieldManager };
}

function selectors({ labelSelector, fieldSelector }: ListOptions): Record<string, string> {
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

async function allPages(
  ask: (request: TransportRequest) => Promise<unknown>,
  path: string,
  query: Record<string, string>,
  { apiVersion, kind }: GroupVersionKind,
): Promise<ObjectList> {
  const items: KubeObject[] = [];
  let next: string | undefined;
  for (;;) {
    const page = (await ask({
      method: 'GET',
      path,
      query: { ...query, limit: pageSize, ...(next === undefined ? {} : { continue: next }) },
    })) as {
      metadata: { resourceVersion: string; continue?: string };
      items: KubeObject[] | null;
    };
    // items of a list carry no kind of their own
    for (const item of page.items ?? [])
      items.push(item.kind === undefined ? { ...item, apiVersion, kind } : item);
    next = page.metadata.continue || undefined;
    if (next === undefined) return { items, resourceVersion: page.metadata.resourceVersion };
  }
}
