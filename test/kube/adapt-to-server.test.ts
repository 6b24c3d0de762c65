import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AdaptationNote,
  adaptToServer,
  droppedFields,
  toCurrentVersion,
  toServerVersion,
} from '../../src/kube/adapt-to-server.ts';
import { versionRoutes } from '../../src/kube/api-versions.ts';
import type { KubeClient, ResourceInfo } from '../../src/kube/client.ts';
import type { KubeObject, ObjectRef } from '../../src/kube/objects.ts';

const served = (...versions: readonly string[]): ResourceInfo[] =>
  versions.map((version) => {
    const [apiVersion = '', kind = ''] = version.split(' ');
    return { apiVersion, kind, plural: `${kind.toLowerCase()}s`, namespaced: true, verbs: ['get', 'list'] };
  });

const oldServer = served(
  'autoscaling/v1 HorizontalPodAutoscaler',
  'autoscaling/v2beta1 HorizontalPodAutoscaler',
  'autoscaling/v2beta2 HorizontalPodAutoscaler',
  'batch/v1 Job',
  'batch/v1beta1 CronJob',
  'discovery.k8s.io/v1beta1 EndpointSlice',
  'extensions/v1beta1 Ingress',
  'networking.k8s.io/v1 Ingress',
  'policy/v1beta1 PodDisruptionBudget',
  'v1 ConfigMap',
);

const name = fc.stringMatching(/^[a-z]{1,6}$/);
const percent = fc.integer({ min: 1, max: 100 });
const metadata = fc.record({ name, namespace: name });
const autoscaler = fc
  .record({ metadata, min: percent, max: percent, cpu: fc.option(percent, { nil: undefined }) })
  .map(
    ({ metadata, min, max, cpu }): KubeObject => ({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: {
        minReplicas: min,
        maxReplicas: max,
        ...(cpu === undefined
          ? {}
          : {
              metrics: [
                {
                  type: 'Resource',
                  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } },
                },
              ],
            }),
      },
    }),
  );
const slice = fc
  .record({
    metadata,
    endpoints: fc.array(
      fc.record(
        {
          addresses: fc.array(name),
          nodeName: name,
          zone: name,
          deprecatedTopology: fc.dictionary(fc.stringMatching(/^x[a-z]{1,4}$/), name, { minKeys: 1 }),
        },
        { requiredKeys: ['addresses'] },
      ),
    ),
  })
  .map((fields): KubeObject => ({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', ...fields }));
const other = fc
  .record({
    metadata,
    version: fc.constantFrom('policy/v1 PodDisruptionBudget', 'batch/v1 CronJob', 'v1 ConfigMap'),
    spec: fc.dictionary(name, fc.jsonValue()),
  })
  .map(({ metadata, version, spec }): KubeObject => {
    const [apiVersion = '', kind = ''] = version.split(' ');
    return { apiVersion, kind, metadata, spec };
  });

describe('an object', () => {
  const servers = fc.subarray(
    [...new Set(versionRoutes.flatMap(({ current, served }) => [current, served]))].map(
      ({ apiVersion, kind }) => `${apiVersion} ${kind}`,
    ),
  );

  test('that goes to any server and comes back is the same, or tells what was lost', () => {
    fc.assert(
      fc.property(fc.oneof(autoscaler, slice, other), servers, (object, versions) => {
        const { object: adapted, lost } = toServerVersion(object, served(...versions, 'v1 ConfigMap'));
        expect(lost).toEqual([]);
        expect(toCurrentVersion(adapted)).toEqual(object);
        const isServed = versions.includes(`${adapted.apiVersion} ${adapted.kind}`);
        const isAdapted = adapted.apiVersion !== object.apiVersion;
        if (isAdapted) expect(isServed).toBe(true);
      }),
    );
  });

  test('takes the version nearest to the current one', () => {
    const [hpa] = fc.sample(autoscaler, 1);
    expect(toServerVersion(hpa!, oldServer).object.apiVersion).toBe('autoscaling/v2beta2');
  });

  test('of which the server can keep a part only names the rest', () => {
    const memory = { type: 'Resource', resource: { name: 'memory' } };
    const { object, lost } = toServerVersion(
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'a' },
        spec: { maxReplicas: 3, metrics: [memory], behavior: { scaleDown: {} } },
      },
      served('autoscaling/v1 HorizontalPodAutoscaler'),
    );
    expect(object['spec']).toEqual({ maxReplicas: 3 });
    expect(lost.map(({ path }) => path)).toEqual(['/spec/metrics/0', '/spec/behavior']);
  });
});

describe('what a server dropped', () => {
  test('is named; defaults, order-keeping additions and empty values are not', () => {
    const sent: KubeObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', labels: { 'app/x': '1' } },
      stringData: { a: 'b' },
      spec: { os: { name: 'linux' }, containers: [{ name: 'c', probe: { grpc: 1 }, args: [] }] },
    };
    const stored = {
      ...sent,
      metadata: { name: 'a', uid: '1' },
      stringData: undefined,
      spec: { containers: [{ name: 'c', probe: {}, image: 'x' }], restartPolicy: 'Always' },
    };
    expect(droppedFields(sent, stored).map(({ path }) => path)).toEqual([
      '/metadata/labels',
      '/spec/os',
      '/spec/containers/0/probe/grpc',
    ]);
    expect(droppedFields(sent, structuredClone(sent))).toEqual([]);
  });
});

describe('a client in front of an old server', () => {
  const stub = (resources: ResourceInfo[], object: KubeObject) => {
    const calls: [string, unknown][] = [];
    let stored = object;
    const refuse = () => Promise.reject(new Error('not part of the stub'));
    const kube: KubeClient = {
      resources: async () => resources,
      version: refuse,
      get: async (ref) => {
        calls.push(['get', ref.apiVersion]);
        return stored;
      },
      list: async (kind) => {
        calls.push(['list', kind.apiVersion]);
        return { items: [stored], resourceVersion: '7' };
      },
      create: async (made) => {
        calls.push(['create', made.apiVersion]);
        return made;
      },
      replace: async (made) => {
        calls.push(['replace', made.apiVersion]);
        stored = made;
        return made;
      },
      patch: async (ref, _type, body) => {
        calls.push(['patch', [ref.apiVersion, body]]);
        return stored;
      },
      delete: async (ref) => {
        calls.push(['delete', ref.apiVersion]);
      },
      async *watch(kind) {
        calls.push(['watch', kind.apiVersion]);
        yield { type: 'ADDED', object: stored, receivedMs: 1 };
      },
      podLog: refuse,
    };
    return { kube, calls };
  };
  const budget: ObjectRef = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    namespace: 'a',
    name: 'b',
  };
  const storedBudget = (apiVersion: string): KubeObject => ({
    apiVersion,
    kind: 'PodDisruptionBudget',
    metadata: { name: 'b', namespace: 'a' },
    spec: { minAvailable: 1 },
  });

  test('asks in its version and answers in the current one', async () => {
    const { kube, calls } = stub(oldServer, storedBudget('policy/v1beta1'));
    const client = adaptToServer(kube);
    expect((await client.get(budget)).apiVersion).toBe('policy/v1');
    expect((await client.list(budget)).items[0]?.apiVersion).toBe('policy/v1');
    expect((await client.create(storedBudget('policy/v1'))).apiVersion).toBe('policy/v1');
    await client.patch(budget, 'merge', { apiVersion: 'policy/v1', spec: { minAvailable: 2 } });
    for await (const event of client.watch(budget, '7', new AbortController().signal))
      expect(event.object.apiVersion).toBe('policy/v1');
    await client.delete(budget);
    expect(calls).toEqual([
      ['get', 'policy/v1beta1'],
      ['list', 'policy/v1beta1'],
      ['create', 'policy/v1beta1'],
      ['patch', ['policy/v1beta1', { apiVersion: 'policy/v1beta1', spec: { minAvailable: 2 } }]],
      ['watch', 'policy/v1beta1'],
      ['delete', 'policy/v1beta1'],
    ]);
  });

  test('tells each kind once, at its current version, whatever else a server has', async () => {
    const tell = async (resources: ResourceInfo[]) =>
      (await adaptToServer(stub(resources, storedBudget('policy/v1')).kube).resources()).map(
        ({ apiVersion, kind }) => `${apiVersion} ${kind}`,
      );
    const current = [
      'autoscaling/v2 HorizontalPodAutoscaler',
      'batch/v1 CronJob',
      'batch/v1 Job',
      'discovery.k8s.io/v1 EndpointSlice',
      'networking.k8s.io/v1 Ingress',
      'policy/v1 PodDisruptionBudget',
      'v1 ConfigMap',
    ];
    expect(await tell(oldServer)).toEqual(current);
    expect(await tell(served(...current, 'autoscaling/v1 HorizontalPodAutoscaler'))).toEqual(current);
  });

  test('patches a kind of another shape by reading and replacing', async () => {
    const { kube } = stub(served('autoscaling/v1 HorizontalPodAutoscaler'), {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'b', namespace: 'a' },
      spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 70 },
    });
    const notes: AdaptationNote[] = [];
    const client = adaptToServer(kube, (note) => notes.push(note));
    const ref = { ...budget, apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' };
    const utilization = '/spec/metrics/0/resource/target/averageUtilization';
    const patched = await client.patch(ref, 'json', [
      { op: 'test', path: utilization, value: 70 },
      { op: 'replace', path: utilization, value: 80 },
    ]);
    expect(patched).toMatchObject({
      spec: { metrics: [{ resource: { target: { averageUtilization: 80 } } }] },
    });
    expect(await kube.get(ref)).toMatchObject({ spec: { targetCPUUtilizationPercentage: 80 } });
    await client.patch(ref, 'merge', { spec: { behavior: { scaleUp: { policies: [] } } } });
    expect(notes.map(({ path }) => path)).toEqual(['/spec/behavior']);
    await expect(client.patch(ref, 'strategic', {})).rejects.toMatchObject({ code: 'patch-not-adaptable' });
  });
});
