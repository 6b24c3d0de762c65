/** A kind as Kubernetes serves it, with the other words people use for it. */
interface KnownKind {
  readonly kind: string;
  readonly namespaced: boolean;
  /** Besides the plural, which is derived. */
  readonly words: readonly string[];
}

const known: readonly KnownKind[] = [
  { kind: 'Pod', namespaced: true, words: ['po'] },
  { kind: 'ReplicaSet', namespaced: true, words: ['rs'] },
  { kind: 'ReplicationController', namespaced: true, words: ['rc'] },
  { kind: 'Deployment', namespaced: true, words: ['deploy'] },
  { kind: 'StatefulSet', namespaced: true, words: ['sts'] },
  { kind: 'DaemonSet', namespaced: true, words: ['ds'] },
  { kind: 'Job', namespaced: true, words: [] },
  { kind: 'CronJob', namespaced: true, words: ['cj'] },
  { kind: 'ControllerRevision', namespaced: true, words: [] },
  { kind: 'Service', namespaced: true, words: ['svc'] },
  { kind: 'Endpoints', namespaced: true, words: ['ep', 'endpoint'] },
  { kind: 'EndpointSlice', namespaced: true, words: [] },
  { kind: 'Ingress', namespaced: true, words: ['ing', 'ingresses'] },
  { kind: 'IngressClass', namespaced: false, words: ['ingressclasses'] },
  { kind: 'NetworkPolicy', namespaced: true, words: ['netpol', 'networkpolicies'] },
  { kind: 'ConfigMap', namespaced: true, words: ['cm'] },
  { kind: 'Secret', namespaced: true, words: [] },
  { kind: 'ServiceAccount', namespaced: true, words: ['sa'] },
  { kind: 'ResourceQuota', namespaced: true, words: ['quota', 'quotas'] },
  { kind: 'LimitRange', namespaced: true, words: ['limits'] },
  { kind: 'HorizontalPodAutoscaler', namespaced: true, words: ['hpa'] },
  { kind: 'PodDisruptionBudget', namespaced: true, words: ['pdb'] },
  { kind: 'PersistentVolumeClaim', namespaced: true, words: ['pvc'] },
  { kind: 'PersistentVolume', namespaced: false, words: ['pv'] },
  { kind: 'StorageClass', namespaced: false, words: ['sc', 'storageclasses'] },
  { kind: 'Role', namespaced: true, words: [] },
  { kind: 'RoleBinding', namespaced: true, words: [] },
  { kind: 'ClusterRole', namespaced: false, words: [] },
  { kind: 'ClusterRoleBinding', namespaced: false, words: [] },
  { kind: 'PriorityClass', namespaced: false, words: ['pc', 'priorityclasses'] },
  { kind: 'RuntimeClass', namespaced: false, words: ['runtimeclasses'] },
  { kind: 'Namespace', namespaced: false, words: ['ns'] },
  { kind: 'Node', namespaced: false, words: ['no'] },
  { kind: 'CustomResourceDefinition', namespaced: false, words: ['crd', 'crds'] },
  { kind: 'MutatingWebhookConfiguration', namespaced: false, words: [] },
  { kind: 'ValidatingWebhookConfiguration', namespaced: false, words: [] },
  { kind: 'ValidatingAdmissionPolicy', namespaced: false, words: ['validatingadmissionpolicies'] },
];

const byWord = new Map<string, string>();
const clusterScoped = new Set<string>();
for (const { kind, namespaced, words } of known) {
  const singular = kind.toLowerCase();
  for (const word of [singular, `${singular}s`, ...words]) byWord.set(word, kind);
  if (!namespaced) clusterScoped.add(kind);
}

/**
 * The kind a word stands for: `deploy`, `deployments`, `Deployment.apps`, `DEPLOYMENT` → `Deployment`; `extra` are
 * further kinds to recognise (of custom resources). `undefined` if it is none.
 */
export function kindOf(word: string, extra?: ReadonlyMap<string, string>): string | undefined {
  const lower = word.toLowerCase();
  const found = lookUp(lower, extra);
  if (found !== undefined) return found;
  const dot = lower.indexOf('.');
  return dot > 0 ? lookUp(lower.slice(0, dot), extra) : undefined;
}

function lookUp(lower: string, extra: ReadonlyMap<string, string> | undefined): string | undefined {
  return (
    byWord.get(lower) ??
    extra?.get(lower) ??
    (lower.endsWith('s') ? extra?.get(lower.slice(0, -1)) : undefined)
  );
}

/** Whether objects of this kind have no namespace, as far as the kind is known. */
export function isClusterScoped(kind: string): boolean {
  return clusterScoped.has(kind);
}

/** Controllers whose pods are one workload with them. */
export const workloadKinds: ReadonlySet<string> = new Set([
  'Pod',
  'ReplicaSet',
  'ReplicationController',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
]);
