import { expect, test } from 'vitest';
import { KindWatch } from '../../src/capture/kind-watch.ts';
import type { KubeClient, WatchEvent } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';

const kind = { apiVersion: 'v1', kind: 'Pod' };
const pod = (name: string, resourceVersion: string): KubeObject => ({
  ...kind,
  metadata: { namespace: 'shop', name, uid: name, resourceVersion },
});

/** A server whose list and watch say what the test wants them to say, when it wants it. */
function server(items: readonly KubeObject[]) {
  const told: WatchEvent[] = [];
  let wake = () => {};
  return {
    items,
    tell(type: WatchEvent['type'], object: KubeObject) {
      told.push({ type, object, receivedMs: 0 });
      wake();
    },
    kube: {
      list: async () => ({ items, resourceVersion: '10' }),
      async *watch(_kind: unknown, _version: string, signal: AbortSignal) {
        signal.addEventListener('abort', () => wake());
        while (!signal.aborted) {
          const next = told.shift();
          if (next !== undefined) yield next;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      },
    } as unknown as KubeClient,
  };
}

const listener = { initial() {}, changed() {} };

test('a pod that goes away after the list was asked for is not waited for', async () => {
  const api = server([pod('leaving', '5')]);
  const watch = new KindWatch(api.kube, kind, listener);
  await watch.start();
  const caughtUp = watch.catchUp(5, 200);
  api.tell('DELETED', pod('leaving', '11'));
  await caughtUp;
  await watch.stop();
});

test('what the list has and the watch has not told yet is waited for', async () => {
  const api = server([pod('old', '5')]);
  const watch = new KindWatch(api.kube, kind, listener);
  await watch.start();
  Object.assign(api.kube, { list: async () => ({ items: [pod('new', '9')], resourceVersion: '10' }) });
  await expect(watch.catchUp(5, 50)).rejects.toMatchObject({ code: 'watch-behind' });
  const caughtUp = watch.catchUp(5, 2000);
  api.tell('ADDED', pod('new', '9'));
  api.tell('DELETED', pod('old', '10'));
  await caughtUp;
  await watch.stop();
});
