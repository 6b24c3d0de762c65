import { isNotFound } from '../../../kube/errors.ts';
import { type KubeObject, refOf } from '../../../kube/objects.ts';
import type { ApiStore } from './store.ts';

const manager = 'kube-controller-manager';

/** The certificate text every namespace's `kube-root-ca.crt` holds; nothing verifies it. */
export const rootCertificate =
  '-----BEGIN CERTIFICATE-----\nMIIC/jCCAeagAwIBAgIBADANBgkqhkiG9w0BAQsFADAVMRMwEQYDVQQDEwprdWJl\ncm5ldGVzMB4XDTI2MDEwMTAwMDAwMFoXDTM1MTIzMDAwMDAwMFowFTETMBEGA1UE\nAxMKa3ViZXJuZXRlcw==\n-----END CERTIFICATE-----\n';

/**
 * What happens around a namespace: it gets its default ServiceAccount and root certificate when it is made (in the same
 * mutation, so that a manifest can go on with pods), and is emptied and dropped when it is deleted.
 */
export function attachNamespaceLifecycle(store: ApiStore): void {
  store.onCommit(({ type, object, resource }) => {
    if (resource === 'namespaces') {
      if (type === 'ADDED') store.afterCommit(() => furnish(store, object));
      if (type === 'MODIFIED' && object.metadata.deletionTimestamp !== undefined)
        store.simulation.after(50, () => empty(store, object.metadata.name));
      return;
    }
    const namespace = object.metadata.namespace;
    if (type !== 'DELETED' || namespace === undefined) return;
    if (store.get('namespaces', undefined, namespace)?.metadata.deletionTimestamp !== undefined)
      store.simulation.after(50, () => finish(store, namespace));
  });
}

function furnish(store: ApiStore, namespace: KubeObject): void {
  const { name, creationTimestamp } = namespace.metadata;
  const options = { manager, createdMs: Date.parse(creationTimestamp!) };
  if (store.get('serviceaccounts', name, 'default') === undefined)
    store.create(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } },
      options,
    );
  if (store.get('configmaps', name, 'kube-root-ca.crt') === undefined)
    store.create(
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: 'kube-root-ca.crt',
          namespace: name,
          annotations: {
            'kubernetes.io/description':
              'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
          },
        },
        data: { 'ca.crt': rootCertificate },
      },
      options,
    );
}

function empty(store: ApiStore, namespace: string): void {
  for (const { object } of store.namespacedContents(namespace)) {
    if (object.metadata.deletionTimestamp !== undefined) continue;
    try {
      store.remove(refOf(object), { manager, propagationPolicy: 'Background' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  finish(store, namespace);
}

function finish(store: ApiStore, name: string): void {
  const namespace = store.get('namespaces', undefined, name);
  if (namespace?.metadata.deletionTimestamp === undefined || store.namespacedContents(name).length > 0)
    return;
  store.update({ ...namespace, spec: { finalizers: [] } }, { manager });
  store.remove(refOf(namespace), { manager });
}
