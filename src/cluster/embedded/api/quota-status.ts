import type { KubeObject } from '../../../kube/objects.ts';
import { formatQuantity } from './quantity.ts';
import { quotaHard, quotaKinds, quotaUsed, type Usage } from './quota-usage.ts';
import type { ApiStore } from './store.ts';

/**
 * Keeps `status.hard` and `status.used` of ResourceQuotas: at once when a quota is written or something in the
 * namespace is added (admission writes it), a moment later when something is freed (the controller does).
 */
export function attachQuotaStatus(store: ApiStore): void {
  const pending = new Set<string>();
  store.onCommit(({ resource, type, object, previous }) => {
    const namespace = object.metadata.namespace;
    if (namespace === undefined) return;
    if (resource === 'resourcequotas') {
      if (type !== 'DELETED')
        store.afterCommit(() => refresh(store, store.get('resourcequotas', namespace, object.metadata.name)));
    }
    if (!quotaKinds.includes(resource) || store.list('resourcequotas', namespace).length === 0) return;
    if (type === 'ADDED') {
      store.afterCommit(() => refreshAll(store, namespace));
      return;
    }
    if (type === 'MODIFIED' && previous !== undefined && usesTheSame(object, previous)) return;
    if (pending.has(namespace)) return;
    pending.add(namespace);
    store.simulation.after(100, () => {
      pending.delete(namespace);
      refreshAll(store, namespace);
    });
  });
}

/** Unchanged parts are shared between versions, so that this costs nothing for the many status updates. */
function usesTheSame(object: KubeObject, previous: KubeObject): boolean {
  const phase = (o: KubeObject) => (o['status'] as { phase?: string } | undefined)?.phase;
  return object['spec'] === previous['spec'] && phase(object) === phase(previous);
}

function refreshAll(store: ApiStore, namespace: string): void {
  for (const quota of store.list('resourcequotas', namespace)) refresh(store, quota);
}

function refresh(store: ApiStore, quota: KubeObject | undefined): void {
  if (quota === undefined) return;
  const text = (usage: Usage) =>
    Object.fromEntries([...usage].map(([name, amount]) => [name, formatQuantity(amount)]));
  store.updateStatus(
    { ...quota, status: { hard: text(quotaHard(quota)), used: text(quotaUsed(store, quota)) } },
    { manager: 'kube-controller-manager' },
  );
}
