import { expect, it } from 'vitest';
import { buildGraph } from '../../src/entity/graph.ts';
import type { KubeObject } from '../../src/spec/kube-types.ts';

const make = (kind: string, name: string, spec: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'shop', ...metadata },
  spec,
});

it('relates objects by owners, selectors, references, targets and placement', () => {
  const owner = (kind: string, name: string) => ({
    labels: { app: 'cart' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true }],
  });
  const template = {
    serviceAccountName: 'cart',
    nodeName: 'worker-1',
    containers: [
      {
        env: [{ valueFrom: { secretKeyRef: { name: 'cart-redis' } } }],
        envFrom: [{ configMapRef: { name: 'cart-config' } }],
      },
    ],
    volumes: [{ projected: { sources: [{ configMap: { name: 'ca' } }] } }],
  };
  const graph = buildGraph([
    make('Deployment', 'cart', { template: { spec: template } }),
    make('ReplicaSet', 'cart-6d5f8c7b9d', {}, owner('Deployment', 'cart')),
    make('Pod', 'cart-6d5f8c7b9d-x2x4z', template, owner('ReplicaSet', 'cart-6d5f8c7b9d')),
    make('Service', 'cart', { selector: { app: 'cart' } }),
    make('NetworkPolicy', 'cart', {
      podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['cart'] }] },
    }),
    make('NetworkPolicy', 'other', { podSelector: { matchLabels: { app: 'other' } } }),
    make('ResourceQuota', 'compute', {}),
    make('HorizontalPodAutoscaler', 'cart', { scaleTargetRef: { kind: 'Deployment', name: 'cart' } }),
    make('Ingress', 'shop', { rules: [{ http: { paths: [{ backend: { service: { name: 'cart' } } }] } }] }),
  ]);
  expect(
    graph.of('shop/Deployment/cart').map(({ from, relation, to }) => `${from} ${relation} ${to}`),
  ).toEqual([
    'cluster/Node/worker-1 runs shop/Deployment/cart',
    'shop/Deployment/cart owns shop/Pod/cart-6d5f8c7b9d-x2x4z',
    'shop/Deployment/cart owns shop/ReplicaSet/cart-6d5f8c7b9d',
    'shop/Deployment/cart uses shop/ConfigMap/ca',
    'shop/Deployment/cart uses shop/ConfigMap/cart-config',
    'shop/Deployment/cart uses shop/Secret/cart-redis',
    'shop/Deployment/cart uses shop/ServiceAccount/cart',
    'shop/HorizontalPodAutoscaler/cart scales shop/Deployment/cart',
    'shop/NetworkPolicy/cart restricts shop/Deployment/cart',
    'shop/ResourceQuota/compute limits shop/Deployment/cart',
    'shop/Service/cart selects shop/Deployment/cart',
  ]);
  expect(graph.of('shop/Service/cart').map(({ from }) => from)).toContain('shop/Ingress/shop');
});
