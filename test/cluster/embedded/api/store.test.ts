import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/kube/objects.ts';
import { emptyStore, manager, pass, pod, startMs } from './api-fixture.ts';

const config = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data,
});
const owned = (name: string, owner: KubeObject, extra: Record<string, unknown> = {}): KubeObject => {
  const { apiVersion, kind, metadata } = owner;
  const reference = {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
  return { ...config(name), metadata: { ...config(name).metadata, ownerReferences: [reference], ...extra } };
};
const refOf = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name });

describe('store', () => {
  test('identities are keyed by name and incarnation, not by order', () => {
    const one = emptyStore();
    const two = emptyStore();
    two.create(config('before'), manager);
    const made = one.create(config('a'), manager);
    expect(two.create(config('a'), manager).metadata.uid).toBe(made.metadata.uid);
    one.remove(refOf('a'), manager);
    expect(one.create(config('a'), manager).metadata.uid).not.toBe(made.metadata.uid);
    const generated = (store: typeof one) =>
      store.create(pod('', {}, { generateName: 'web-' }), manager).metadata.name;
    const first = generated(one);
    expect(first).toMatch(/^web-[a-z0-9]{5}$/);
    expect(generated(two)).toBe(first);
    expect(emptyStore({ seed: 2 }).create(config('a'), manager).metadata.uid).not.toBe(made.metadata.uid);
  });

  test('spec changes count the generation; status is written apart; a write that changes nothing is none', () => {
    const store = emptyStore();
    const made = store.create(
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'shop' },
        spec: {
          selector: { matchLabels: { a: 'b' } },
          template: {
            metadata: { labels: { a: 'b' } },
            spec: { containers: [{ name: 'app', image: 'x:1' }] },
          },
        },
        status: { replicas: 7 },
      },
      manager,
    );
    expect(made['status']).toBeUndefined();
    const withStatus = store.updateStatus({ ...made, status: { replicas: 1 }, spec: {} }, manager);
    expect([withStatus.metadata.generation, withStatus['spec'], withStatus['status']]).toEqual([
      1,
      made['spec'],
      { replicas: 1 },
    ]);
    const scaled = store.update(
      { ...withStatus, spec: { ...(made['spec'] as object), replicas: 3 }, status: {} },
      manager,
    );
    expect([scaled.metadata.generation, scaled['status']]).toEqual([2, { replicas: 1 }]);
    expect(store.update(scaled, { manager: 'somebody-else' })).toBe(scaled);
    expect(() => store.update(made, manager)).toThrow('the object has been modified');
    expect(Object.isFrozen((scaled['spec'] as { template: object }).template)).toBe(true);
  });

  test('subscribers hear of changes in order, after the mutation', () => {
    const store = emptyStore();
    store.create(config('there'), manager);
    const heard: string[] = [];
    store.subscribe('configmaps', (e) => heard.push(`${e.type} ${e.object.metadata.name}`), { replay: true });
    const made = store.create(config('b', { x: '1' }), manager);
    store.update({ ...made, data: { x: '2' } }, manager);
    store.remove(refOf('b'), manager);
    expect(heard).toEqual([]);
    pass(store, 0);
    expect(heard.filter((h) => !h.includes('kube-root-ca'))).toEqual([
      'ADDED there',
      'ADDED b',
      'MODIFIED b',
      'DELETED b',
    ]);
  });

  test('dependents go in the background, before the owner in the foreground, or are orphaned', () => {
    const store = emptyStore();
    const tree = (name: string) => {
      const owner = store.create(config(name), manager);
      const child = store.create(owned(`${name}-child`, owner), manager);
      return store.create(owned(`${name}-grandchild`, child), manager);
    };
    const names = () =>
      store
        .list('configmaps', 'shop')
        .map((o) => o.metadata.name)
        .filter((n) => n !== 'kube-root-ca.crt');
    tree('back');
    store.remove(refOf('back'), manager);
    expect(names()).toEqual(['back-child', 'back-grandchild']);
    pass(store, 1000);
    expect(names()).toEqual([]);

    tree('fore');
    store.remove(refOf('fore'), { ...manager, propagationPolicy: 'Foreground' });
    expect(store.get('configmaps', 'shop', 'fore')?.metadata.deletionTimestamp).toBe('2026-03-01T00:00:01Z');
    pass(store, 1000);
    expect(names()).toEqual([]);

    tree('orphan');
    store.remove(refOf('orphan'), { ...manager, propagationPolicy: 'Orphan' });
    pass(store, 1000);
    expect(names()).toEqual(['orphan-child', 'orphan-grandchild']);
    expect(store.get('configmaps', 'shop', 'orphan-child')?.metadata.ownerReferences).toBeUndefined();
  });

  test('a scheduled pod is deleted gracefully, others at once; finalizers hold', () => {
    const store = emptyStore();
    store.create(pod('waiting'), manager);
    store.remove({ ...refOf('waiting'), kind: 'Pod' }, manager);
    expect(store.get('pods', 'shop', 'waiting')).toBeUndefined();
    store.create(pod('placed', { nodeName: 'node-1', terminationGracePeriodSeconds: 20 }), manager);
    store.remove({ ...refOf('placed'), kind: 'Pod' }, manager);
    expect(store.get('pods', 'shop', 'placed')?.metadata).toMatchObject({
      deletionTimestamp: '2026-03-01T00:00:20Z',
      deletionGracePeriodSeconds: 20,
    });
    store.remove({ ...refOf('placed'), kind: 'Pod' }, { ...manager, gracePeriodSeconds: 0 });
    expect(store.get('pods', 'shop', 'placed')).toBeUndefined();

    const held = store.create(
      { ...config('held'), metadata: { ...config('held').metadata, finalizers: ['example.com/hold'] } },
      manager,
    );
    store.remove(refOf('held'), manager);
    const { finalizers: _finalizers, ...metadata } =
      store.get('configmaps', 'shop', 'held')?.metadata ?? held.metadata;
    store.update({ ...held, metadata }, manager);
    expect(store.get('configmaps', 'shop', 'held')).toBeUndefined();
  });

  test('a namespace brings its account and certificate, refuses new content when it goes, and takes all along', () => {
    const store = emptyStore();
    expect(store.get('serviceaccounts', 'shop', 'default')).toBeDefined();
    store.create(pod('p', { nodeName: 'node-1' }), manager);
    store.remove({ apiVersion: 'v1', kind: 'Namespace', name: 'shop' }, manager);
    expect(() => store.create(config('late'), manager)).toThrow(
      'configmaps "late" is forbidden: unable to create new content in namespace shop because it is being terminated',
    );
    pass(store, 1000);
    expect(store.namespacedContents('shop').map((c) => c.object.metadata.name)).toEqual(['p']);
    store.remove({ ...refOf('p'), kind: 'Pod' }, { ...manager, gracePeriodSeconds: 0 });
    pass(store, 1000);
    expect(store.get('namespaces', undefined, 'shop')).toBeUndefined();
    expect(() => store.remove({ apiVersion: 'v1', kind: 'Namespace', name: 'default' }, manager)).toThrow(
      'this namespace may not be deleted',
    );
  });

  test('history is kept for watches, up to a limit', () => {
    const store = emptyStore({ historyLimit: 4 });
    const from = Number(store.resourceVersion);
    store.create(config('a'), manager);
    expect(store.changesSince(from).map((c) => c.object.metadata.name)).toEqual(['a']);
    for (let i = 0; i < 10; i++) store.create(config(`more-${i}`), manager);
    expect(() => store.changesSince(from)).toThrow('too old resource version');
    expect(store.changesSince(Number(store.resourceVersion))).toEqual([]);
  });

  test('objects can be older than the world', () => {
    const store = emptyStore();
    const made = store.create(config('old'), { ...manager, createdMs: startMs - 86_400_000 });
    expect(made.metadata.creationTimestamp).toBe('2026-02-28T00:00:00Z');
  });
});
