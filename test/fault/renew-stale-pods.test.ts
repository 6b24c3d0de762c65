import { expect, test } from 'vitest';
import type { IntentRecord } from '../../src/fault/journal.ts';
import { renewStalePods } from '../../src/fault/renew-stale-pods.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { ObjectRef } from '../../src/spec/kube-types.ts';

const startMs = Date.UTC(2026, 0, 1);
const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'shop', name: 'orders' };

function intent(sequence: number, action: IntentRecord['operation']['action']): IntentRecord {
  return {
    type: 'intent',
    sequence,
    timeMs: startMs + sequence * 1000,
    before: [],
    operation: {
      id: `pool/${sequence}`,
      origin: { type: 'fault', id: 'pool' },
      role: sequence === 1 ? 'cause' : 'trigger',
      atMs: sequence * 1000,
      summary: '',
      action,
    },
  };
}

const intents = [
  intent(1, {
    verb: 'patch',
    target: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'orders-config' },
    type: 'merge',
    body: { data: { DB_POOL_MAX: '1' } },
  }),
  intent(2, {
    verb: 'patch',
    target: owner,
    type: 'strategic',
    body: {
      spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } } },
    },
  }),
];

async function renewed(undoing: readonly string[]): Promise<readonly string[]> {
  const pod = (name: string, ageMs: number) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'shop',
      name,
      creationTimestamp: new Date(startMs + ageMs).toISOString(),
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'orders', uid: 'u', controller: true },
      ],
    },
  });
  const deleted: string[] = [];
  const kube = {
    get: async () => ({ ...owner, metadata: { name: 'orders', namespace: 'shop', uid: 'u' } }),
    list: async () => ({
      items: [pod('orders-old', -60_000), pod('orders-new', 60_000)],
      resourceVersion: '',
    }),
    delete: async ({ name }: ObjectRef) => void deleted.push(name),
  } as unknown as KubeClient;
  await renewStalePods(intents, new Set(undoing), { kube });
  return deleted;
}

test('pods that a rollout brought while the configuration was wrong are made anew, unless another rollout does it', async () => {
  expect(await renewed(['pool/1', 'pool/2'])).toEqual([]);
  // the trigger was undone first, to see whether the incident goes on without it
  expect(await renewed(['pool/1'])).toEqual(['orders-new']);
});
