import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeClient, WatchEvent } from '../../src/kube/client.ts';
import { KubeApiError } from '../../src/kube/errors.ts';
import type { KubeObject } from '../../src/kube/objects.ts';

export interface ConformanceSubject {
  readonly client: KubeClient;
  /** An empty namespace of the test's own. */
  readonly namespace: string;
  /** Whether the server refuses unknown fields (Kubernetes 1.25 and later). */
  readonly isStrict: boolean;
  close(): Promise<void>;
}

const configMap = { apiVersion: 'v1', kind: 'ConfigMap' };
const deploymentKind = { apiVersion: 'apps/v1', kind: 'Deployment' };

/** What every KubeClient promises, whatever is behind it. */
export function kubeClientConformance(name: string, setUp: () => Promise<ConformanceSubject>): void {
  describe(`KubeClient: ${name}`, () => {
    let subject: ConformanceSubject;
    let client: KubeClient;
    let namespace: string;
    beforeAll(async () => {
      subject = await setUp();
      ({ client, namespace } = subject);
    });
    afterAll(() => subject?.close());

    const config = (
      objectName: string,
      data: Record<string, string>,
      labels: Record<string, string> = {},
    ): KubeObject => ({
      ...configMap,
      metadata: { name: objectName, namespace, labels },
      data,
    });
    const refOf = (objectName: string) => ({ ...configMap, namespace, name: objectName });
    const deployment = (objectName: string): KubeObject => ({
      ...deploymentKind,
      metadata: { name: objectName, namespace },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: objectName } },
        template: {
          metadata: { labels: { app: objectName } },
          spec: {
            containers: [
              {
                name: 'app',
                image: 'example.com/app:1',
                env: [
                  { name: 'A', value: '1' },
                  { name: 'B', value: '2' },
                ],
              },
              { name: 'side', image: 'example.com/side:1' },
            ],
          },
        },
      },
    });
    const failure = async (promise: Promise<unknown>): Promise<KubeApiError> => {
      const error = await promise.then(
        () => undefined,
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(KubeApiError);
      return error as KubeApiError;
    };

    test('knows what the server serves', async () => {
      const resources = await client.resources();
      expect(resources).toContainEqual(
        expect.objectContaining({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          plural: 'deployments',
          namespaced: true,
        }),
      );
      expect(resources).toContainEqual(
        expect.objectContaining({ apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false }),
      );
      expect((await client.version()).gitVersion).toMatch(/^v1\.\d+/);
    });

    test('creates, reads, lists with selectors, replaces, deletes', async () => {
      const made = await client.create(config('one', { a: '1' }, { tier: 'web' }), {
        fieldManager: 'kubectl-create',
      });
      expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      await client.create(config('two', { a: '2' }, { tier: 'db' }));
      expect(await client.get(refOf('one'))).toEqual(made);
      const web = await client.list(configMap, { namespace, labelSelector: 'tier in (web,api)' });
      expect(web.items.map((o) => [o.kind, o.metadata.name])).toEqual([['ConfigMap', 'one']]);
      const byName = await client.list(configMap, { namespace, fieldSelector: 'metadata.name=two' });
      expect(byName.items.map((o) => o.metadata.name)).toEqual(['two']);

      const replaced = await client.replace({ ...made, data: { a: '3' } });
      expect(replaced['data']).toEqual({ a: '3' });
      const stale = await failure(client.replace({ ...made, data: { a: '4' } }));
      expect([stale.status, stale.reason]).toEqual([409, 'Conflict']);
      expect(stale.message).toBe(
        'Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to the latest version and try again',
      );
      await client.delete(refOf('one'));
      const gone = await failure(client.get(refOf('one')));
      expect([gone.status, gone.reason, gone.message]).toEqual([
        404,
        'NotFound',
        'configmaps "one" not found',
      ]);
    });

    test('patches: JSON, merge, strategic merge by name', async () => {
      await client.create(deployment('patched'));
      const ref = { ...deploymentKind, namespace, name: 'patched' };
      const env = (o: KubeObject) =>
        (o as unknown as { spec: { template: { spec: { containers: { env?: unknown[] }[] } } } }).spec
          .template.spec.containers;
      const strategic = await client.patch(ref, 'strategic', {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: 'app',
                  env: [
                    { name: 'B', value: '3' },
                    { name: 'A', $patch: 'delete' },
                  ],
                },
              ],
            },
          },
        },
      });
      expect(env(strategic)).toHaveLength(2);
      expect(env(strategic)[0]?.env).toEqual([{ name: 'B', value: '3' }]);
      const json = await client.patch(ref, 'json', [
        { op: 'test', path: '/spec/template/spec/containers/0/env/0/value', value: '3' },
        { op: 'add', path: '/spec/template/spec/containers/0/env/-', value: { name: 'C', value: '4' } },
      ]);
      expect(env(json)[0]?.env).toEqual([
        { name: 'B', value: '3' },
        { name: 'C', value: '4' },
      ]);
      const merged = await client.patch(ref, 'merge', {
        metadata: { labels: { a: 'b' } },
        spec: { paused: true },
      });
      expect(merged.metadata.labels).toEqual({ a: 'b' });
      expect(merged.metadata.generation).toBeGreaterThan(json.metadata.generation ?? 0);
      const failed = await failure(
        client.patch(ref, 'json', [{ op: 'test', path: '/spec/replicas', value: 99 }]),
      );
      expect(failed.status).toBe(422);
      const scaled = await client.patch(ref, 'merge', { spec: { replicas: 2 } }, { subresource: 'scale' });
      expect(scaled).toMatchObject({ kind: 'Scale', spec: { replicas: 2 } });
    });

    test('refusals carry the status of the server', async () => {
      await client.create(config('taken', {}));
      const exists = await failure(client.create(config('taken', {})));
      expect([exists.status, exists.reason, exists.message]).toEqual([
        409,
        'AlreadyExists',
        'configmaps "taken" already exists',
      ]);
      const wrongName = await failure(client.create(config('Bad_Name', {})));
      expect(wrongName.status).toBe(422);
      expect(wrongName.message).toContain(
        'ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must',
      );
      const bad = deployment('bad');
      (bad['spec'] as { selector: unknown }).selector = { matchLabels: { app: 'other' } };
      expect((await failure(client.create(bad))).message).toContain(
        '`selector` does not match template `labels`',
      );
      const unknownKind = await failure(
        client.get({ apiVersion: 'example.com/v1', kind: 'Thing', name: 'x' }),
      );
      expect(unknownKind.message).toBe('no matches for kind "Thing" in version "example.com/v1"');
      if (subject.isStrict) {
        const typo = deployment('typo');
        (typo['spec'] as Record<string, unknown>)['replicaz'] = 1;
        expect((await failure(client.create(typo))).message).toContain('unknown field "spec.replicaz"');
      }
      const noLog = await failure(client.podLog({ namespace, name: 'absent', container: 'app' }));
      expect([noLog.status, noLog.message]).toEqual([404, 'pods "absent" not found']);
    });

    test('a long list comes whole, in order of names', async () => {
      const names = Array.from({ length: 620 }, (_, i) => `many-${String(i).padStart(4, '0')}`);
      for (const n of names) await client.create(config(n, {}, { many: 'yes' }));
      const list = await client.list(configMap, { namespace, labelSelector: 'many=yes' });
      expect(list.items.map((o) => o.metadata.name)).toEqual(names);
    });

    test('a watch delivers every change since a version in order, and bookmarks', async () => {
      const { resourceVersion } = await client.list(configMap, { namespace });
      await client.create(config('watched', { step: '0' }, { watch: 'yes' }));
      const stop = new AbortController();
      const seen: string[] = [];
      let last: WatchEvent | undefined;
      const done = (async () => {
        for await (const event of client.watch(configMap, resourceVersion, stop.signal, {
          namespace,
          labelSelector: 'watch=yes',
        })) {
          if (event.type === 'BOOKMARK') continue;
          last = event;
          seen.push(
            `${event.type} ${event.object.metadata.name} ${(event.object['data'] as { step?: string } | undefined)?.step}`,
          );
          if (event.object.metadata.name === 'end') break;
        }
      })();
      await client.patch(refOf('watched'), 'merge', { data: { step: '1' } });
      await client.create(config('unrelated', {}));
      await client.patch(refOf('watched'), 'merge', { metadata: { labels: { watch: null } } });
      await client.patch(refOf('watched'), 'merge', { metadata: { labels: { watch: 'yes' } } });
      await client.delete(refOf('watched'));
      await client.create(config('end', { step: '9' }, { watch: 'yes' }));
      await done;
      stop.abort();
      expect(seen).toEqual([
        'ADDED watched 0',
        'MODIFIED watched 1',
        'DELETED watched 1',
        'ADDED watched 1',
        'DELETED watched 1',
        'ADDED end 9',
      ]);
      expect(last?.object.kind).toBe('ConfigMap');
      expect(last?.receivedMs).toBeGreaterThan(0);
    });

    test('an aborted watch ends', async () => {
      const { resourceVersion } = await client.list(configMap, { namespace });
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 50);
      for await (const event of client.watch(configMap, resourceVersion, stop.signal, { namespace }))
        expect(event.type).toBe('BOOKMARK');
    });
  });
}
