import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createResolver } from '../../src/entity/resolver.ts';
import { createUniverse } from '../../src/entity/universe.ts';
import type { KubeObject } from '../../src/spec/kube-types.ts';

const object = (name: string, owner?: [kind: string, name: string]): KubeObject => {
  const [namespace = '', kind = '', rest = ''] = name.split('/');
  return {
    apiVersion: 'v1',
    kind,
    metadata: {
      name: rest,
      ...(namespace === 'cluster' ? {} : { namespace }),
      ...(owner
        ? {
            ownerReferences: [
              { apiVersion: 'apps/v1', kind: owner[0], name: owner[1], uid: 'u', controller: true },
            ],
          }
        : {}),
    },
  };
};

const objects = [
  object('shop/Deployment/checkout'),
  object('shop/ReplicaSet/checkout-6d5f8c7b9d', ['Deployment', 'checkout']),
  object('shop/Pod/checkout-6d5f8c7b9d-x2x4z', ['ReplicaSet', 'checkout-6d5f8c7b9d']),
  object('shop/Service/checkout'),
  object('shop/EndpointSlice/checkout-abc12', ['Service', 'checkout']),
  object('shop/Endpoints/checkout'),
  object('shop/Deployment/cart'),
  object('shop/StatefulSet/cart-cache'),
  object('shop/Pod/cart-cache-0', ['StatefulSet', 'cart-cache']),
  object('shop-data/StatefulSet/postgres'),
  object('shop-data/Pod/postgres-0', ['StatefulSet', 'postgres']),
  object('shop/CronJob/report'),
  object('shop/Job/report-29381760', ['CronJob', 'report']),
  object('shop/Pod/report-29381760-kk2vv', ['Job', 'report-29381760']),
  object('shop/ResourceQuota/compute'),
  object('shop-data/ResourceQuota/compute'),
  object('shop/NetworkPolicy/allow-payment'),
  object('shop/ConfigMap/orders-config'),
  object('cluster/Node/worker-1'),
  object('cluster/Namespace/shop'),
  object('kube-system/Pod/kube-proxy-worker-1', ['Node', 'worker-1']),
  object('shop/Rollout/canary'),
];
const mentions = [{ kind: 'Pod', namespace: 'shop', name: 'cart-5c9f7d8b6-qqqqq' }];
const universe = createUniverse(objects, mentions);
const resolver = createResolver(universe);
const answer = (name: string) => {
  const result = resolver.resolve(name);
  return result.status === 'resolved' ? result.entity : result.status;
};

describe('the resolver', () => {
  it.each([
    ['shop/Deployment/checkout', 'shop/Deployment/checkout'],
    ['shop/Pod/checkout-6d5f8c7b9d-x2x4z', 'shop/Deployment/checkout'],
    ['shop/pod/CHECKOUT-6d5f8c7b9d-x2x4z', 'shop/Deployment/checkout'],
    ['shop/ReplicaSet/checkout-6d5f8c7b9d', 'shop/Deployment/checkout'],
    ['shop/Pod/checkout-7777777777-zzzzz', 'shop/Deployment/checkout'],
    ['shop/Deployment/checkout-6d5f8c7b9d-x2x4z', 'shop/Deployment/checkout'],
    ['shop/Pod/checkout', 'shop/Deployment/checkout'],
    ['shop/deployments.apps/checkout', 'shop/Deployment/checkout'],
    ['`shop/deploy/checkout`', 'shop/Deployment/checkout'],
    ['ｓｈｏｐ/Deployment/check\u200bout', 'shop/Deployment/checkout'],
    ['shop/checkout', 'ambiguous'],
    ['shop//orders-config', 'shop/ConfigMap/orders-config'],
    ['orders-config', 'shop/ConfigMap/orders-config'],
    ['cm/orders-config', 'shop/ConfigMap/orders-config'],
    ['shop/EndpointSlice/checkout-abc12', 'shop/Service/checkout'],
    ['shop/Endpoints/checkout', 'shop/Service/checkout'],
    ['shop/Pod/cart-cache-0', 'shop/StatefulSet/cart-cache'],
    ['shop/Pod/cart-cache-7', 'shop/StatefulSet/cart-cache'],
    ['shop/Pod/cart-5c9f7d8b6-qqqqq', 'shop/Deployment/cart'],
    ['shop/Pod/report-29381760-kk2vv', 'shop/CronJob/report'],
    ['shop/Job/report-29381999', 'shop/CronJob/report'],
    ['worker-1', 'cluster/Node/worker-1'],
    ['default/Node/worker-1', 'cluster/Node/worker-1'],
    ['node/worker-1', 'cluster/Node/worker-1'],
    ['kube-system/Pod/kube-proxy-worker-1', 'kube-system/Pod/kube-proxy-worker-1'],
    ['ResourceQuota/compute', 'ambiguous'],
    ['shop/quota/compute', 'shop/ResourceQuota/compute'],
    ['shop/rollouts/canary', 'shop/Rollout/canary'],
    ['cluster/Deployment/checkout', 'unknown'],
    ['shop-data/Deployment/checkout', 'unknown'],
    ['shop/StatefulSet/checkout', 'unknown'],
    ['shop/Deployment/сheckout', 'unknown'], // a Cyrillic letter
    ['shop/Deployment/check\nout', 'unknown'],
    ['shop/apps/v1/Deployment/checkout', 'unknown'],
    ['', 'unknown'],
    ['////', 'unknown'],
    [`shop/Deployment/${'a'.repeat(100_000)}`, 'unknown'],
  ])('maps %s to %s', (name, expected) => expect(answer(name)).toBe(expected));

  it('lets a Service stand for its workload only where the bundle says so', () => {
    expect(answer('shop/Service/checkout')).toBe('shop/Service/checkout');
    const imported = createResolver(universe, { serviceStandsForWorkload: true });
    expect(imported.resolve('shop/Service/checkout')).toMatchObject({ entity: 'shop/Deployment/checkout' });
    expect(imported.resolve('shop/checkout')).toMatchObject({ entity: 'shop/Deployment/checkout' });
  });

  it('never throws, and what it answers resolves to itself', () => {
    const part = fc.constantFrom(
      ...universe.members.flatMap(({ ref }) => [ref.kind, ref.name, ref.namespace ?? 'cluster']),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 600 }),
      fc.array(fc.oneof(part, fc.string({ maxLength: 8 })), { maxLength: 5 }).map((parts) => parts.join('/')),
    );
    fc.assert(
      fc.property(text, (name) => {
        const result = resolver.resolve(name);
        if (result.status === 'resolved')
          expect(resolver.resolve(result.entity)).toMatchObject({
            status: 'resolved',
            entity: result.entity,
          });
      }),
      { numRuns: 500 },
    );
    for (const hostile of [undefined, null, 7, {}, []] as unknown as string[])
      expect(resolver.resolve(hostile).status).toBe('unknown');
  });

  it('answers every name of the universe with its folded entity, in any case', () => {
    for (const { name, entity } of universe.members) {
      expect(answer(name)).toBe(entity);
      expect(answer(name.toUpperCase().replace(/^[^/]+/, (namespace) => namespace.toLowerCase()))).toBe(
        entity,
      );
    }
  });

  it('answers any generated suffix of a workload with the workload', () => {
    const letters = 'bcdfghjklmnpqrstvwxz2456789'.split('');
    const suffix = (length: number) =>
      fc
        .array(fc.constantFrom(...letters), { minLength: length, maxLength: length })
        .map((list) => list.join(''));
    fc.assert(
      fc.property(suffix(10), suffix(5), (hash, end) => {
        expect(answer(`shop/Pod/checkout-${hash}-${end}`)).toBe('shop/Deployment/checkout');
        expect(answer(`checkout-${hash}-${end}`)).toBe('shop/Deployment/checkout');
      }),
    );
  });

  it('stays fast on a hundred thousand names', () => {
    let resolved = 0;
    for (let i = 0; i < 100_000; i++)
      if (resolver.resolve(`shop/Pod/x-${i}`).status === 'resolved') resolved++;
    expect(resolved).toBe(0);
  });
});
