import type { KubeObject } from '../../src/spec/kube-types.ts';
import { loadBakery } from './views.ts';

/** The bakery as a server holds it, with pods of two workloads. */
export async function scriptedObjects(): Promise<readonly KubeObject[]> {
  const { manifests } = await loadBakery();
  const owned = (kind: string, name: string, owner: string, spec: object): KubeObject => ({
    apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1',
    kind,
    metadata: {
      name,
      namespace: 'back',
      uid: `uid-${name}`,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: `uid-${owner}`, controller: true },
      ],
    },
    spec,
  });
  const withUid = manifests.map((o) => ({
    ...o,
    metadata: { ...o.metadata, uid: `uid-${o.metadata.name}` },
  }));
  return [
    ...withUid,
    ...['orders', 'oven'].flatMap((name) => [
      owned('ReplicaSet', `${name}-5f`, name, {}),
      owned('Pod', `${name}-5f-a`, `${name}-5f`, { nodeName: 'worker-1' }),
      owned('Pod', `${name}-5f-b`, `${name}-5f`, { nodeName: 'worker-2' }),
      owned('Pod', `${name}-5f-c`, `${name}-5f`, { nodeName: 'worker-2' }),
    ]),
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker-1' } },
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker-2' } },
  ];
}
