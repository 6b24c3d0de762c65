import { expect, test } from 'vitest';
import { retryRefusedPods } from '../../src/fault/retry-refused-pods.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject, ObjectRef } from '../../src/kube/objects.ts';

/** A quota whose controller sees its change after `slowMs`, admission half a second later; pods come when asked after that. */
function cluster(slowMs: number, nowMs: () => number) {
  const startMs = Date.now();
  const has = (ms: number) => Date.now() - startMs >= ms;
  let refused = 0;
  let replicas = 0;
  const objects = (kind: string): KubeObject[] => {
    const object = { apiVersion: 'v1', kind, metadata: { name: 'pricing', namespace: 'shop' } };
    if (kind === 'StatefulSet') return [];
    if (kind === 'ReplicaSet') return [{ ...object, spec: { replicas: 2 }, status: { replicas } }];
    return [
      { ...object, spec: { hard: { pods: '9' } }, status: { hard: { pods: has(slowMs) ? '9' : '1' } } },
    ];
  };
  const kube = {
    list: async ({ kind }: { kind: string }) => ({ items: objects(kind) }),
    async patch(_: ObjectRef, __: string, body: { metadata: { annotations: object } }) {
      if (Object.values(body.metadata.annotations)[0] === null) return;
      if (has(slowMs + 500)) replicas = 2;
      else refused++;
    },
  } as unknown as KubeClient;
  return { target: { kube, clock: { nowMs } }, seen: () => ({ refused, replicas }) };
}

test('controllers are asked when the quota is really raised, and again until they have their pods', async () => {
  const { target, seen } = cluster(1200, Date.now);
  await retryRefusedPods(target, 'shop');
  expect(seen().replicas).toBe(2);
  expect(seen().refused).toBeLessThanOrEqual(2);
});

test('in virtual time nothing is waited for', async () => {
  const { target, seen } = cluster(60_000, () => 0);
  await retryRefusedPods(target, 'shop');
  expect(seen()).toEqual({ refused: 1, replicas: 0 });
});
