import type { KubeObject } from '../../../kube/objects.ts';
import { type PodResourceSpec, podResources, qosClass } from './pod-resources.ts';
import { addQuantity, parseQuantity, type Quantity, zeroQuantity } from './quantity.ts';
import type { ApiStore } from './store.ts';

/** Amounts by quota resource name: `pods`, `limits.cpu`, `count/deployments.apps`. */
export type Usage = Map<string, Quantity>;

interface QuotaSpec {
  readonly hard?: Readonly<Record<string, string>>;
  readonly scopes?: readonly string[];
  readonly scopeSelector?: {
    readonly matchExpressions?: readonly {
      scopeName: string;
      operator: string;
      values?: readonly string[];
    }[];
  };
}

const one: Quantity = { milli: 1000, format: 'decimal' };

/** Counted kinds with their own short names in a quota. */
const counted: Record<string, string> = {
  pods: 'pods',
  services: 'services',
  secrets: 'secrets',
  configmaps: 'configmaps',
  persistentvolumeclaims: 'persistentvolumeclaims',
  resourcequotas: 'resourcequotas',
};

/** Resource keys whose objects a quota can be about. */
export const quotaKinds: readonly string[] = [
  ...Object.keys(counted),
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'horizontalpodautoscalers.autoscaling',
];

/** What one object uses. A pod that ended uses only `count/pods`. */
export function usageOf(resource: string, object: KubeObject): Usage {
  const usage: Usage = new Map([[`count/${resource}`, one]]);
  if (resource === 'pods') {
    if (isTerminated(object)) return usage;
    usage.set('pods', one);
    const spec = object['spec'] as PodResourceSpec;
    for (const [name, amount] of podResources(spec, 'requests')) {
      usage.set(`requests.${name}`, amount);
      if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage') usage.set(name, amount);
    }
    for (const [name, amount] of podResources(spec, 'limits')) usage.set(`limits.${name}`, amount);
    return usage;
  }
  const short = counted[resource];
  if (short !== undefined) usage.set(short, one);
  const spec = (object['spec'] ?? {}) as {
    type?: string;
    ports?: unknown[];
    storageClassName?: string;
    resources?: { requests?: Record<string, string> };
  };
  if (resource === 'services') {
    const ports: Quantity = { milli: 1000 * (spec.ports?.length ?? 0), format: 'decimal' };
    if (spec.type === 'LoadBalancer') usage.set('services.loadbalancers', one);
    if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') usage.set('services.nodeports', ports);
  }
  if (resource === 'persistentvolumeclaims') {
    const storage = parseQuantity(spec.resources?.requests?.['storage']);
    if (storage !== undefined) usage.set('requests.storage', storage);
    if (spec.storageClassName) {
      usage.set(`${spec.storageClassName}.storageclass.storage.k8s.io/persistentvolumeclaims`, one);
      if (storage !== undefined)
        usage.set(`${spec.storageClassName}.storageclass.storage.k8s.io/requests.storage`, storage);
    }
  }
  return usage;
}

function isTerminated(pod: KubeObject): boolean {
  const phase = (pod['status'] as { phase?: string } | undefined)?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
}

/** Whether a quota with scopes is about this pod; scoped quotas are about pods only. */
export function isInScope(quota: KubeObject, resource: string, object: KubeObject): boolean {
  const spec = quota['spec'] as QuotaSpec;
  const scopes = [
    ...(spec.scopes ?? []).map((scopeName) => ({
      scopeName,
      operator: 'Exists',
      values: [] as readonly string[],
    })),
    ...(spec.scopeSelector?.matchExpressions ?? []).map((e) => ({ ...e, values: e.values ?? [] })),
  ];
  if (scopes.length === 0) return true;
  if (resource !== 'pods') return false;
  const pod = object['spec'] as PodResourceSpec & {
    activeDeadlineSeconds?: number;
    priorityClassName?: string;
  };
  return scopes.every(({ scopeName, operator, values }) => {
    if (scopeName === 'BestEffort') return qosClass(pod) === 'BestEffort';
    if (scopeName === 'NotBestEffort') return qosClass(pod) !== 'BestEffort';
    if (scopeName === 'Terminating') return pod.activeDeadlineSeconds !== undefined;
    if (scopeName === 'NotTerminating') return pod.activeDeadlineSeconds === undefined;
    const name = pod.priorityClassName ?? '';
    if (operator === 'In') return values.includes(name);
    if (operator === 'NotIn') return !values.includes(name);
    return operator === 'Exists' ? name !== '' : name === '';
  });
}

/** Present use of everything a quota limits. */
export function quotaUsed(store: ApiStore, quota: KubeObject): Usage {
  const hard = Object.keys((quota['spec'] as QuotaSpec).hard ?? {});
  const used: Usage = new Map(hard.map((name) => [name, zeroQuantity]));
  for (const resource of quotaKinds)
    for (const object of store.list(resource, quota.metadata.namespace)) {
      if (!isInScope(quota, resource, object)) continue;
      for (const [name, amount] of usageOf(resource, object)) {
        const sum = used.get(name);
        if (sum !== undefined) used.set(name, addQuantity(sum, amount));
      }
    }
  return used;
}

/** Limits of a quota, parsed. */
export function quotaHard(quota: KubeObject): Usage {
  const hard: Usage = new Map();
  for (const [name, text] of Object.entries((quota['spec'] as QuotaSpec).hard ?? {}))
    hard.set(name, parseQuantity(text) ?? zeroQuantity);
  return hard;
}
