import { expect, test } from 'vitest';
import { endBackOffs } from '../../src/author/end-back-offs.ts';
import type { KubeClient, ListOptions } from '../../src/kube/client.ts';
import type { ObjectRef } from '../../src/kube/objects.ts';

const pod = (name: string, owner: string | undefined, restartCount: number, reason?: string) => ({
  metadata: {
    name,
    namespace: 'shop',
    ...(owner === undefined ? {} : { ownerReferences: [{ uid: owner }] }),
  },
  status: {
    containerStatuses: [{ restartCount, state: reason === undefined ? {} : { waiting: { reason } } }],
  },
});

test('only pods that crashed and wait are made anew, some times for each controller', async () => {
  let pods = [
    pod('waits', 'accounts', 4, 'CrashLoopBackOff'),
    pod('waits-too', 'accounts', 2, 'CrashLoopBackOff'),
    pod('runs', 'cart', 5),
    pod('soon', 'search', 1, 'CrashLoopBackOff'),
    pod('no-image', 'ads', 3, 'ImagePullBackOff'),
    pod('alone', undefined, 7, 'CrashLoopBackOff'),
  ];
  const deleted: string[] = [];
  const kube = {
    list: async (_: unknown, { namespace }: ListOptions) => ({ items: namespace === 'shop' ? pods : [] }),
    delete: async ({ name }: ObjectRef) => void deleted.push(name),
  } as unknown as KubeClient;
  const done = new Map<string, number>();
  await endBackOffs(kube, ['shop', 'other'], done);
  expect(deleted).toEqual(['waits', 'waits-too']);
  // one that is not mended would go on for ever
  pods = [pod('again', 'accounts', 2, 'CrashLoopBackOff')];
  for (let time = 0; time < 20; time++) await endBackOffs(kube, ['shop'], done);
  expect(deleted).toEqual(['waits', 'waits-too', 'again', 'again', 'again', 'again']);
});
