import { Buffer } from 'node:buffer';
import type { KubeObject } from '../../../../kube/objects.ts';
import { child, childOf, type Fields, fill, isFields, items } from '../fields.ts';
import type { ResourceDefinition } from '../resources.ts';
import type { ApiStore } from '../store.ts';
import { canonicalQuantities, defaultPod, defaultPodSpec } from './pod-defaults.ts';
import { defaultService } from './service-defaults.ts';
import {
  defaultAutoscaler,
  defaultClaim,
  defaultDaemonSet,
  defaultDeployment,
  defaultReplicaSet,
  defaultStatefulSet,
} from './workload-defaults.ts';

type Defaulter = (draft: KubeObject, spec: Fields, store: ApiStore, old: KubeObject | undefined) => void;

const defaulters: Record<string, Defaulter> = {
  pods: (_draft, spec) => {
    defaultPodSpec(spec);
    defaultPod(spec);
  },
  services: (draft, _spec, store, old) => {
    defaultService(store, draft, old);
    if (old === undefined) draft['status'] = { loadBalancer: {} };
  },
  namespaces: (draft, spec, _store, old) => {
    const { metadata } = draft;
    metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
    if (old !== undefined) return;
    fill(spec, { finalizers: ['kubernetes'] });
    draft['status'] = { phase: 'Active' };
  },
  secrets: (draft) => {
    fill(draft, { type: 'Opaque' });
    const plain = child(draft, 'stringData');
    if (plain === undefined) return;
    const data = childOf(draft, 'data');
    for (const [name, value] of Object.entries(plain))
      data[name] = Buffer.from(String(value)).toString('base64');
    delete draft['stringData'];
  },
  resourcequotas: (_draft, spec) => canonicalQuantities(child(spec, 'hard')),
  limitranges: (_draft, spec) => {
    for (const limit of items(spec, 'limits')) defaultLimit(limit);
  },
  persistentvolumeclaims: (draft, spec, _store, old) => {
    defaultClaim(spec);
    if (old === undefined) draft['status'] = { phase: 'Pending' };
  },
  persistentvolumes: (draft, spec, _store, old) => {
    fill(spec, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' });
    canonicalQuantities(child(spec, 'capacity'));
    if (old === undefined) draft['status'] = { phase: 'Pending' };
  },
  endpoints: (draft) => {
    for (const subset of items(draft, 'subsets'))
      for (const port of items(subset, 'ports')) fill(port, { protocol: 'TCP' });
  },
  events: (draft) => {
    draft['eventTime'] ??= null;
    fill(draft, { reportingComponent: '', reportingInstance: '', source: {} });
  },
  'endpointslices.discovery.k8s.io': (draft) => {
    for (const port of items(draft, 'ports')) fill(port, { name: '', protocol: 'TCP' });
  },
  'deployments.apps': (_draft, spec) => defaultDeployment(spec),
  'replicasets.apps': (draft, spec) => defaultReplicaSet(draft, spec),
  'statefulsets.apps': (_draft, spec) => defaultStatefulSet(spec),
  'daemonsets.apps': (_draft, spec) => defaultDaemonSet(spec),
  'horizontalpodautoscalers.autoscaling': (_draft, spec) => defaultAutoscaler(spec),
  'networkpolicies.networking.k8s.io': (_draft, spec) => {
    fill(spec, { policyTypes: items(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress'] });
    for (const direction of ['ingress', 'egress'])
      for (const rule of items(spec, direction))
        for (const port of items(rule, 'ports')) fill(port, { protocol: 'TCP' });
  },
  'priorityclasses.scheduling.k8s.io': (draft) => fill(draft, { preemptionPolicy: 'PreemptLowerPriority' }),
  'storageclasses.storage.k8s.io': (draft) =>
    fill(draft, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  'rolebindings.rbac.authorization.k8s.io': (draft) => defaultBinding(draft),
  'clusterrolebindings.rbac.authorization.k8s.io': (draft) => defaultBinding(draft),
};

/** Kinds without a spec, where an empty one must not appear. */
const withoutSpec = new Set([
  'secrets',
  'endpoints',
  'events',
  'endpointslices.discovery.k8s.io',
  'priorityclasses.scheduling.k8s.io',
  'storageclasses.storage.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
  'clusterrolebindings.rbac.authorization.k8s.io',
]);

/** Fills in what the API server fills in before validation; JSON nulls count as absent. */
export function applyDefaults(
  store: ApiStore,
  definition: ResourceDefinition,
  draft: KubeObject,
  old: KubeObject | undefined,
): void {
  dropNulls(draft);
  const defaulter = defaulters[definition.key];
  if (defaulter === undefined) return;
  defaulter(draft, withoutSpec.has(definition.key) ? {} : childOf(draft, 'spec'), store, old);
}

function dropNulls(value: unknown): void {
  if (Array.isArray(value)) value.forEach(dropNulls);
  else if (isFields(value) && !Object.isFrozen(value))
    for (const [name, member] of Object.entries(value)) {
      if (member === null) delete value[name];
      else dropNulls(member);
    }
}

function defaultLimit(limit: Fields): void {
  for (const name of ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'])
    canonicalQuantities(child(limit, name));
  if (limit['type'] !== 'Container') return;
  const max = child(limit, 'max');
  if (max !== undefined) fill(childOf(limit, 'default'), max);
  const defaults = child(limit, 'default');
  if (defaults !== undefined) fill(childOf(limit, 'defaultRequest'), defaults);
  const min = child(limit, 'min');
  if (min !== undefined) fill(childOf(limit, 'defaultRequest'), min);
}

function defaultBinding(draft: Fields): void {
  const roleRef = child(draft, 'roleRef');
  if (roleRef !== undefined) fill(roleRef, { apiGroup: 'rbac.authorization.k8s.io' });
  for (const subject of items(draft, 'subjects')) {
    if (subject['kind'] === 'ServiceAccount') fill(subject, { apiGroup: '' });
    else fill(subject, { apiGroup: 'rbac.authorization.k8s.io' });
    if (subject['apiGroup'] === '') delete subject['apiGroup'];
  }
}
