import { describe, expect, test } from 'vitest';
import { OperationError } from '../../src/base/errors.ts';
import { KubeApiError } from '../../src/kube/errors.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import type { KubeTransport, TransportFrame } from '../../src/kube/transport.ts';
import { watchWithoutGaps } from '../../src/kube/watch-without-gaps.ts';

const object = (name: string, version: number, uid = name): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, uid, resourceVersion: String(version) },
});
const frame = (type: TransportFrame['type'], o: KubeObject): TransportFrame => ({
  type,
  object: o,
  receivedMs: 7,
});
const gone = frame('ERROR', {
  kind: 'Status',
  code: 410,
  reason: 'Expired',
  message: 'too old resource version',
} as unknown as KubeObject);

/** A server whose connections are scripted; a connection that throws is one that broke. */
function scripted(connections: (() => Iterable<TransportFrame>)[]): {
  transport: KubeTransport;
  versions: string[];
} {
  const versions: string[] = [];
  const transport: KubeTransport = {
    nowMs: () => 42,
    wait: () => Promise.resolve(),
    request: () => Promise.reject(new Error('not asked')),
    async *watch(_path, query) {
      versions.push(query['resourceVersion'] ?? '');
      const next = connections.shift();
      if (next === undefined) throw new KubeApiError(403, 'Forbidden', 'script is over');
      yield* next();
    },
  };
  return { transport, versions };
}

async function run(
  script: ReturnType<typeof scripted>,
  lists: { items: KubeObject[]; resourceVersion: string }[],
): Promise<string[]> {
  const seen: string[] = [];
  const signal = new AbortController().signal;
  const list = () => Promise.resolve(lists.shift()!);
  await expect(async () => {
    for await (const e of watchWithoutGaps({
      transport: script.transport,
      path: '/x',
      query: {},
      resourceVersion: '10',
      signal,
      list,
    }))
      seen.push(`${e.type} ${e.object.metadata.name} ${e.object.metadata.resourceVersion} ${e.receivedMs}`);
  }).rejects.toThrow('script is over');
  return seen;
}

describe('watchWithoutGaps', () => {
  test('opens a broken connection again where it ended', async () => {
    const script = scripted([
      function* () {
        yield frame('ADDED', object('a', 11));
        yield frame('BOOKMARK', object('', 15));
        throw new OperationError('kube-unreachable', 'reset', { isRetryable: true });
      },
      () => [frame('MODIFIED', object('a', 16))],
    ]);
    expect(await run(script, [{ items: [], resourceVersion: '10' }])).toEqual([
      'ADDED a 11 7',
      'BOOKMARK  15 7',
      'MODIFIED a 16 7',
    ]);
    expect(script.versions).toEqual(['10', '15', '16']);
  });

  test('answers 410 with the differences to a fresh list', async () => {
    const script = scripted([() => [frame('ADDED', object('new', 11)), gone]]);
    const before = {
      items: [object('same', 1), object('changed', 2), object('dropped', 3), object('again', 4)],
      resourceVersion: '10',
    };
    const after = {
      items: [
        object('same', 1),
        object('changed', 20),
        object('new', 11),
        object('again', 22, 'other'),
        object('late', 21),
      ],
      resourceVersion: '30',
    };
    expect(await run(script, [before, after])).toEqual([
      'ADDED new 11 7',
      'DELETED dropped 3 42',
      'DELETED again 4 42',
      'MODIFIED changed 20 42',
      'ADDED late 21 42',
      'ADDED again 22 42',
    ]);
    expect(script.versions).toEqual(['10', '30']);
  });
});
