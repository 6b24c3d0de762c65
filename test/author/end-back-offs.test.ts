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

test('only pods that crashed often and wait are made anew, once for each controller', async () => {
  let pods = [
    pod('waits', 'accounts', 4, 'CrashLoopBackOff'),
    pod('waits-too', 'accounts', 4, 'CrashLoopBackOff'),
    pod('runs', 'cart', 5),
    pod('soon', 'search', 2, 'CrashLoopBackOff'),
    pod('no-image', 'ads', 3, 'ImagePullBackOff'),
    pod('alone', undefined, 7, 'CrashLoopBackOff'),
  ];
  const deleted: string[] = [];
  const kube = {
    list: async (_: unknown, { namespace }: ListOptions) => ({ items: namespace === 'shop' ? pods : [] }),
    delete: async ({ name }: ObjectRef) => void deleted.push(name),
  } as unknown as KubeClient;
  const done = new Set<string>();
  await endBackOffs(kube, ['shop', 'other'], done);
  expect(deleted).toEqual(['waits', 'waits-too']);
  pods = [pod('again', 'accounts', 3, 'CrashLoopBackOff'), pod('later', 'search', 3, 'CrashLoopBackOff')];
  await endBackOffs(kube, ['shop'], done);
  expect(deleted).toEqual(['waits', 'waits-too', 'later']);
});
