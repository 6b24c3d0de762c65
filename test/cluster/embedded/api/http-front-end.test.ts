import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServedApi, serveApi } from '../../../../src/cluster/embedded/api/http-front-end.ts';
import { createInProcessClient } from '../../../../src/cluster/embedded/api/in-process-client.ts';
import type { ApiStore } from '../../../../src/cluster/embedded/api/store.ts';
import { podRow } from '../../../../src/cluster/embedded/api/tables/pod-row.ts';
import type { KubeObject } from '../../../../src/kube/objects.ts';
import { emptyStore, manager, pod, serverFor } from './api-fixture.ts';

let store: ApiStore;
let served: ServedApi;
let open: (() => void) | undefined;
let gate: Promise<void> = Promise.resolve();
beforeAll(async () => {
  store = emptyStore();
  served = await serveApi(serverFor(store), { port: 0, gate: () => gate });
});
afterAll(() => served.close());

const ask = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${served.url}${path}`, init);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text.startsWith('{') ? JSON.parse(text) : text) as Record<string, unknown>,
  };
};
const post = (path: string, body: string, type = 'application/json') =>
  ask(path, { method: 'POST', body, headers: { 'content-type': type, 'user-agent': 'helm/3.0' } });

test('a request waits while virtual time moves', async () => {
  gate = new Promise((resolve) => {
    open = resolve;
  });
  let answered = false;
  const waiting = ask('/api/v1/namespaces').then((a) => {
    answered = true;
    return a;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(answered).toBe(false);
  open?.();
  expect((await waiting).status).toBe(200);
});

test('bodies that cannot be read, paths that are not there, and unknown fields get clear answers', async () => {
  const configMaps = '/api/v1/namespaces/shop/configmaps';
  expect(await post(configMaps, '{')).toMatchObject({
    status: 400,
    body: { reason: 'BadRequest', message: expect.stringContaining("couldn't decode") },
  });
  expect(await post(configMaps, 'k8s\0', 'application/vnd.kubernetes.protobuf')).toMatchObject({
    status: 415,
    body: { message: expect.stringContaining('use kubectl apply') },
  });
  expect(await ask('/apis/batch/v1/jobs')).toMatchObject({
    status: 404,
    body: { kind: 'Status', message: 'the server could not find the requested resource' },
  });
  expect(await ask('/api/v1/pods?fieldSelector=spec.bogus%3Dx')).toMatchObject({
    status: 400,
    body: { message: 'field label not supported: spec.bogus' },
  });
  const config = JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'c' }, datta: {} });
  const warned = await post(configMaps, config);
  expect([warned.status, warned.headers.get('warning')]).toEqual([201, '299 - "unknown field \\"datta\\""']);
  expect(warned.body['datta']).toBeUndefined();
  expect((warned.body['metadata'] as { managedFields: object[] }).managedFields).toMatchObject([
    { manager: 'helm', operation: 'Update' },
  ]);
  expect(
    (await post(`${configMaps}?fieldValidation=Strict`, config.replace('"c"', '"d"'))).body['message'],
  ).toBe(
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datta"',
  );
  expect((await post(`${configMaps}?dryRun=All`, '{"metadata":{"name":"dry"}}')).status).toBe(201);
  expect((await ask(`${configMaps}/dry`)).status).toBe(404);
});

test('a budget keeps pods from eviction', async () => {
  const spec = { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } };
  const budget = store.create(
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web', namespace: 'shop' },
      spec,
    },
    manager,
  );
  store.updateStatus(
    { ...budget, status: { disruptionsAllowed: 1, desiredHealthy: 1, currentHealthy: 2, expectedPods: 2 } },
    manager,
  );
  for (const name of ['one', 'two']) {
    const made = store.create(pod(name, { nodeName: 'node-1' }, { labels: { app: 'web' } }), manager);
    store.updateStatus(
      { ...made, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
      manager,
    );
  }
  const evict = (name: string) => post(`/api/v1/namespaces/shop/pods/${name}/eviction`, '{}');
  expect((await evict('one')).status).toBe(201);
  const refused = await evict('two');
  expect(refused).toMatchObject({
    status: 429,
    body: {
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
    },
  });
  expect(store.get('pods', 'shop', 'one')?.metadata.deletionTimestamp).toBeDefined();
});

test('pods as recorded from a real cluster are summed up as kubectl shows them', () => {
  const real = JSON.parse(
    readFileSync(new URL('../testdata/real-objects.json', import.meta.url), 'utf8'),
  ) as Record<string, KubeObject>;
  const shown = ['badimage', 'crash', 'huge', 'noconfig', 'notready', 'novolume', 'oom', 'web'].map((name) =>
    podRow(real[`Pod/${name}`]!, 0).slice(1, 3).join(' '),
  );
  expect(shown).toEqual([
    '0/1 ImagePullBackOff',
    '0/1 CrashLoopBackOff',
    '0/1 Pending',
    '0/1 CreateContainerConfigError',
    '0/1 Running',
    '0/1 ContainerCreating',
    '0/1 OOMKilled',
    '1/1 Running',
  ]);
});

test('a watch that hears nothing still learns the resourceVersion others have reached', async () => {
  const quiet = emptyStore();
  const client = createInProcessClient(serverFor(quiet));
  const kind = { apiVersion: 'v1', kind: 'Secret' };
  const { resourceVersion } = await client.list(kind);
  const stop = new AbortController();
  const versions: (string | undefined)[] = [];
  for await (const event of client.watch(kind, resourceVersion, stop.signal)) {
    versions.push(event.object.metadata.resourceVersion);
    if (versions.length === 1)
      await client.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'other', namespace: 'shop' },
      });
    if (event.object.metadata.resourceVersion === quiet.resourceVersion) stop.abort();
  }
  expect(versions.at(-1)).toBe(quiet.resourceVersion);
  expect(Number(quiet.resourceVersion)).toBeGreaterThan(Number(resourceVersion));
});
