import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/kube/objects.ts';
import { emptyStore, manager, pass, pod } from './api-fixture.ts';

const real = JSON.parse(
  readFileSync(new URL('../testdata/real-objects.json', import.meta.url), 'utf8'),
) as Record<string, KubeObject>;
const container = (resources: object, name = 'app') => ({ name, image: 'shop/app:1.0', resources });
const quota = (hard: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'compute', namespace: 'shop' },
  spec: { hard },
});
const limitRange: KubeObject = {
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'lr', namespace: 'shop' },
  spec: structuredClone(real['limited/LimitRange/lr']?.['spec']),
};
const statusOf = (o: KubeObject | undefined) => o?.['status'];

describe('admission, in the words of a real API server', () => {
  test('resource quota', () => {
    const store = emptyStore();
    store.create(quota({ pods: '2', 'limits.cpu': '1', 'requests.memory': '100Mi' }), manager);
    expect(() => store.create(pod('a'), manager)).toThrow(
      'pods "a" is forbidden: failed quota: compute: must specify limits.cpu for: app; requests.memory for: app',
    );
    const spec = {
      nodeName: 'n',
      containers: [
        container({ requests: { cpu: '10m', memory: '60Mi' }, limits: { cpu: '600m', memory: '64Mi' } }),
      ],
    };
    store.create(pod('web-1', spec), manager);
    expect(statusOf(store.get('resourcequotas', 'shop', 'compute'))).toEqual({
      hard: { pods: '2', 'limits.cpu': '1', 'requests.memory': '100Mi' },
      used: { pods: '1', 'limits.cpu': '600m', 'requests.memory': '60Mi' },
    });
    expect(() => store.create(pod('web-2', spec), manager)).toThrow(
      'pods "web-2" is forbidden: exceeded quota: compute, requested: limits.cpu=600m,requests.memory=60Mi, used: limits.cpu=600m,requests.memory=60Mi, limited: limits.cpu=1,requests.memory=100Mi',
    );
    store.remove(
      { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-1' },
      { ...manager, gracePeriodSeconds: 0 },
    );
    pass(store, 1000);
    expect(statusOf(store.get('resourcequotas', 'shop', 'compute'))).toMatchObject({
      used: { pods: '0', 'limits.cpu': '0' },
    });
    store.create(pod('web-2', spec), manager);
  });

  test('counts of other kinds, and scopes', () => {
    const store = emptyStore();
    store.create(quota({ configmaps: '2', 'count/services': '0' }), manager);
    const config = (name: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'shop' },
    });
    store.create(config('a'), manager);
    expect(() => store.create(config('b'), manager)).toThrow(
      'exceeded quota: compute, requested: configmaps=1, used: configmaps=2, limited: configmaps=2',
    );
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 's', namespace: 'shop' },
      spec: { ports: [{ port: 80 }] },
    };
    expect(() => store.create(service, manager)).toThrow(
      'requested: count/services=1, used: count/services=0, limited: count/services=0',
    );
    store.create(
      {
        ...quota({ pods: '0' }),
        metadata: { name: 'best', namespace: 'shop' },
        spec: { hard: { pods: '0' }, scopes: ['BestEffort'] },
      },
      manager,
    );
    expect(() => store.create(pod('free'), manager)).toThrow('exceeded quota: best');
    store.create(pod('paid', { containers: [container({ requests: { cpu: '1' } })] }), manager);
  });

  test('limit range: defaults as recorded, refusals in the same words', () => {
    const store = emptyStore();
    store.create(limitRange, manager);
    const expected = real['limited/Pod/ok']!;
    const made = store.create(pod('ok', { containers: [container({}, 'app'), container({}, 'b')] }), manager);
    type Spec = { containers: { resources: unknown }[] };
    expect((made['spec'] as Spec).containers.map((c) => c.resources)).toEqual(
      (expected['spec'] as Spec).containers.map((c) => c.resources),
    );
    expect(made.metadata.annotations).toEqual(expected.metadata.annotations);
    const refusal = (resources: object) => () =>
      store.create(pod('p', { containers: [container(resources), container({}, 'b')] }), manager);
    expect(refusal({ limits: { cpu: '2', memory: '256Mi' } })).toThrow(
      'pods "p" is forbidden: [maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 128Mi, but limit is 256Mi, maximum memory usage per Pod is 200Mi, but limit is 320Mi]',
    );
    expect(refusal({ requests: { cpu: '5m' }, limits: { memory: '300Mi' } })).toThrow(
      '[minimum cpu usage per Container is 10m, but request is 5m, maximum memory usage per Container is 128Mi, but limit is 300Mi, cpu max limit to request ratio per Container is 4, but provided ratio is 40.000000,',
    );
    expect(refusal({ requests: { cpu: '10m' }, limits: { cpu: '500m' } })).toThrow(
      'pods "p" is forbidden: cpu max limit to request ratio per Container is 4, but provided ratio is 50.000000',
    );
  });

  test('service account, priority class, namespace', () => {
    const store = emptyStore();
    expect(() => store.create(pod('sa', { serviceAccountName: 'ghost' }), manager)).toThrow(
      'pods "sa" is forbidden: error looking up service account shop/ghost: serviceaccount "ghost" not found',
    );
    expect(() => store.create(pod('x', { priorityClassName: 'none' }), manager)).toThrow(
      'pods "x" is forbidden: no PriorityClass with name none was found',
    );
    expect(() => store.create(pod('x', {}, { namespace: 'nowhere' }), manager)).toThrow(
      'namespaces "nowhere" not found',
    );
  });
});
