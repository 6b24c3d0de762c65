import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guardClient } from '../../../src/cluster/kubeconfig/guard-client.ts';
import type { KubeClient, WatchEvent } from '../../../src/kube/client.ts';
import type { KubeObject, ObjectRef } from '../../../src/kube/objects.ts';

const kinds = [
  { apiVersion: 'apps/v1', kind: 'Deployment', namespaced: true },
  { apiVersion: 'v1', kind: 'Secret', namespaced: true },
  { apiVersion: 'v1', kind: 'Pod', namespaced: true },
  { apiVersion: 'v1', kind: 'Namespace', namespaced: false },
  { apiVersion: 'v1', kind: 'Node', namespaced: false },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', namespaced: false },
].map((kind) => ({
  ...kind,
  plural: `${kind.kind.toLowerCase()}s`,
  verbs: ['get', 'list', 'watch', 'create'],
}));

const everywhere = ['shop', 'shop-data', 'billing', 'kube-system', 'default'];

/** A server that notes what reaches it; each namespace holds one object of each kind. */
function server() {
  const reached: { verb: string; kind: string; namespace: string | undefined }[] = [];
  const note = (verb: string, { kind, namespace }: { kind: string; namespace?: string | undefined }) => {
    const { namespaced = true } = kinds.find((one) => one.kind === kind) ?? {};
    // as a server sees it: by the path, which has no namespace for kinds that have none
    reached.push({ verb, kind, namespace: namespaced ? (namespace ?? 'default') : undefined });
  };
  const object = ({ apiVersion, kind, name, namespace = '' }: ObjectRef): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
  });
  const kube: KubeClient = {
    resources: async () => kinds,
    version: async () => ({ gitVersion: 'v1.34.0', major: '1', minor: '34' }),
    async get(ref) {
      note('get', ref);
      return object(ref);
    },
    async list(kind, options) {
      const namespaces = options?.namespace === undefined ? everywhere : [options.namespace];
      for (const namespace of namespaces) note('list', { ...kind, namespace });
      const items = namespaces.map((namespace) => object({ ...kind, name: 'a', namespace }));
      return { items, resourceVersion: String(90 + (namespaces[0]?.length ?? 0)) };
    },
    async create(made) {
      note('create', { ...made, ...made.metadata });
      return made;
    },
    async replace(made) {
      note('replace', { ...made, ...made.metadata });
      return made;
    },
    async patch(ref) {
      note('patch', ref);
      return object(ref);
    },
    async delete(ref) {
      note('delete', ref);
    },
    async *watch(kind, resourceVersion, signal, options): AsyncGenerator<WatchEvent> {
      note('watch', { ...kind, namespace: options?.namespace });
      for (const name of ['a', 'b'])
        yield {
          type: 'ADDED',
          object: object({ ...kind, name, namespace: options?.namespace ?? '' }),
          receivedMs: Number(resourceVersion),
        };
      if (!signal.aborted)
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        );
    },
    async podLog(ref) {
      note('log', { kind: 'Pod', ...ref });
      return 'line';
    },
  };
  return { kube, reached };
}

const permission = { namespaces: ['shop', 'shop-data'], source: 'namespaces of staging.yaml' };

test('whatever is asked for, no write reaches anything but objects of the named namespaces, and no read other namespaces', async () => {
  const namespace = fc.option(fc.constantFrom(...everywhere), { nil: undefined });
  const kind = fc.constantFrom(...kinds);
  const verb = fc.constantFrom('get', 'list', 'create', 'replace', 'patch', 'delete', 'log', 'watch');
  await fc.assert(
    fc.asyncProperty(
      verb,
      kind,
      namespace,
      fc.constantFrom('a', 'shop'),
      async (verb, kind, namespace, name) => {
        const { kube, reached } = server();
        const guarded = guardClient(kube, permission);
        const { apiVersion } = kind;
        const ref = { apiVersion, kind: kind.kind, name, ...(namespace === undefined ? {} : { namespace }) };
        const object = { apiVersion, kind: kind.kind, metadata: ref };
        const options = namespace === undefined ? {} : { namespace };
        const asked = {
          get: () => guarded.get(ref),
          list: () => guarded.list(kind, options),
          create: () => guarded.create(object),
          replace: () => guarded.replace(object),
          patch: () => guarded.patch(ref, 'merge', { metadata: { namespace: 'shop' } }),
          delete: () => guarded.delete(ref),
          log: () => guarded.podLog({ namespace: namespace ?? 'default', name, container: 'c' }),
          async watch() {
            const stop = new AbortController();
            for await (const _ of guarded.watch(kind, '1', stop.signal, options)) stop.abort();
          },
        }[verb];
        const outcome = await asked().then(
          () => 'done',
          (error: { code: string }) => error.code,
        );
        const isWrite = ['create', 'replace', 'patch', 'delete'].includes(verb);
        const isInside = kind.namespaced && ['shop', 'shop-data'].includes(namespace ?? 'default');
        if (isWrite) expect(outcome).toBe(isInside ? 'done' : 'not-permitted');
        for (const one of reached)
          if (one.namespace === undefined) expect(isWrite).toBe(false);
          else expect(permission.namespaces).toContain(one.namespace);
        if (outcome !== 'done') expect(reached).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
});

test('an object of the whole cluster that claims a namespace is refused', async () => {
  const { kube, reached } = server();
  const guarded = guardClient(kube, permission);
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'admin', namespace: 'shop' },
  };
  await expect(guarded.create(role)).rejects.toMatchObject({
    code: 'not-permitted',
    message: 'creating cluster/ClusterRole/admin is not permitted: it is outside of shop, shop-data',
    hint: 'only the namespaces of staging.yaml may be touched',
  });
  await expect(guarded.replace(role)).rejects.toMatchObject({ code: 'not-permitted' });
  expect(reached).toEqual([]);
});

test('a kind that the server does not know is not written', async () => {
  const { kube, reached } = server();
  const widget = { apiVersion: 'x.io/v1', kind: 'Widget', metadata: { name: 'a', namespace: 'shop' } };
  await expect(guardClient(kube, permission).create(widget)).rejects.toMatchObject({ status: 404 });
  expect(reached).toEqual([]);
});

test('a list of all namespaces is one of the named, and a watch from its version misses nothing of any', async () => {
  const { kube } = server();
  const guarded = guardClient(kube, permission);
  const pods = { apiVersion: 'v1', kind: 'Pod' };
  const list = await guarded.list(pods);
  expect(list.items.map(({ metadata }) => metadata.namespace)).toEqual(['shop', 'shop-data']);
  expect(list.resourceVersion).toBe('94');
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { object } of guarded.watch(pods, list.resourceVersion, stop.signal)) {
    seen.push(`${object.metadata.namespace}/${object.metadata.name}`);
    if (seen.length === 4) stop.abort();
  }
  expect(seen.sort()).toEqual(['shop-data/a', 'shop-data/b', 'shop/a', 'shop/b']);
});
