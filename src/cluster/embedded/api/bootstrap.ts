import type { KubeObject } from '../../../kube/objects.ts';
import type { ApiStore } from './store.ts';

const manager = 'kube-apiserver';

function objects(): KubeObject[] {
  const namespaces = ['kube-system', 'kube-public', 'kube-node-lease', 'default'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  const priority = (name: string, value: number, description: string) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description,
  });
  return [
    ...namespaces,
    priority('system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'),
    priority('system-cluster-critical', 2_000_000_000, 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.'),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: { ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }] },
    },
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'rancher.io/local-path',
      volumeBindingMode: 'WaitForFirstConsumer',
    },
  ];
}

/** Creates what every cluster has before anybody uses it: system namespaces, priority classes, a storage class. */
export function bootstrapCluster(store: ApiStore, options: { readonly createdMs: number }): void {
  for (const object of objects()) store.create(object, { manager, createdMs: options.createdMs });
}
