import { expect, test } from 'vitest';
import { plainNodeNames } from '../../src/snapshot/node-names.ts';

const node = (name: string) => ({ name, isWorker: !name.endsWith('plane') });
const nodes = ['shop-eu2-control-plane', 'shop-eu2-worker', 'shop-eu2-worker2'].map(node);

test('nodes are told of without the name of the cluster', () => {
  const plain = plainNodeNames(nodes, new Set());
  expect(plain('cluster/Node/shop-eu2-worker2')).toBe('cluster/Node/worker2');
  expect(plain('etcd-shop-eu2-control-plane')).toBe('etcd-control-plane');
  expect(plain('fulfilment/Deployment/fulfilment-worker')).toBe('fulfilment/Deployment/fulfilment-worker');
  expect(plainNodeNames([], new Set())('any text')).toBe('any text');
});

test('the worker that is lost comes first on every cluster', () => {
  const first = plainNodeNames(nodes, new Set(['shop-eu2-worker']));
  const second = plainNodeNames(nodes, new Set(['shop-eu2-worker2']));
  const told = 'KubeNodeNotReady worker';
  expect(first('KubeNodeNotReady shop-eu2-worker')).toBe(told);
  expect(second('KubeNodeNotReady shop-eu2-worker2')).toBe(told);
  expect(second('shop-eu2-worker hosts what shop-eu2-worker2 lost')).toBe('worker2 hosts what worker lost');
});
