import { expect, it } from 'vitest';
import type { ClusterClock } from '../../../src/cluster/cluster.ts';
import { probeNetwork } from '../../../src/cluster/live/probe-network.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';

/** A cluster whose two pods connect, one line every half second, as told: before a policy denies it, and from then on. */
async function probe(before: readonly string[], after: readonly string[]) {
  let now = 0;
  const clock: ClusterClock = {
    nowMs: () => now,
    async advance(ms) {
      now += ms;
    },
    async until(condition, timeoutMs, everyMs = 1000) {
      for (const endMs = now + timeoutMs; ; now += everyMs) {
        if (await condition()) return true;
        if (now >= endMs) return false;
      }
    },
  };
  let deniedMs = Number.POSITIVE_INFINITY;
  const told = (outcomes: readonly string[], ms: number) =>
    Array.from({ length: Math.floor(ms / 500) }, (_, i) => outcomes[i] ?? outcomes.at(-1));
  const objects = new Map<string, KubeObject>();
  const kube = {
    list: async () => ({ items: [], resourceVersion: '1' }),
    get: async (ref: { name: string }) => ({
      ...objects.get(ref.name),
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    }),
    create: async (object: KubeObject) => void objects.set(object.metadata.name, object),
    delete: async (ref: { name: string }) => void objects.delete(ref.name),
    async patch() {
      deniedMs = now;
    },
    podLog: async () =>
      [...told(before, Math.min(now, deniedMs)), ...told(after, Math.max(0, now - deniedMs))]
        .map((outcome) => `name=10.96.0.7 connect=${outcome}\n`)
        .join(''),
  } as unknown as KubeClient;
  const found = await probeNetwork({ kube, clock, image: { image: 'tools', has: 'node' } });
  expect([...objects.keys()]).toEqual([]);
  return found;
}

it('a policy works where connections end with it', async () => {
  const { networkPolicy, dns } = await probe(['ok'], ['ok', 'ok', 'timeout']);
  expect(networkPolicy).toEqual({
    works: true,
    detail: 'a pod connects before a policy denies it, and not after (timeout, within 3 s)',
  });
  expect(dns).toEqual({ works: true, detail: '"server" is 10.96.0.7' });
});

it('a Service that comes late, and goes once more, is waited for', async () => {
  const late = Array.from({ length: 60 }, () => 'ECONNREFUSED');
  const { networkPolicy } = await probe([...late, 'ok', 'ECONNREFUSED', 'ok'], ['timeout']);
  expect(networkPolicy.works).toBe(true);
});

it('a policy that nobody enforces does not work', async () => {
  expect((await probe(['ok'], ['ok'])).networkPolicy).toEqual({
    works: false,
    detail: 'a pod connects before a policy denies it, and still does 30 s after',
  });
});

it('nothing is said of a policy where pods do not connect in the first place', async () => {
  expect((await probe(['ECONNREFUSED'], ['timeout'])).networkPolicy).toEqual({
    works: false,
    detail: 'two pods do not connect although a policy allows it: connect=ECONNREFUSED',
  });
});
