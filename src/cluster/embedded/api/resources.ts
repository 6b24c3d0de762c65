import { KubeApiError } from '../../../kube/errors.ts';

/** One kind that this API serves. `key` is what the Store is asked with: `pods`, `deployments.apps`. */
export interface ResourceDefinition {
  readonly key: string;
  readonly group: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  /** Has a `status` subresource: `update` keeps status, `updateStatus` keeps the rest. */
  readonly status: boolean;
  readonly scale: boolean;
  /** `metadata.generation` counts changes of the spec. */
  readonly generation: boolean;
  readonly categories: readonly string[];
}

interface Extra {
  short?: string[];
  cluster?: boolean;
  status?: boolean;
  scale?: boolean;
  generation?: boolean;
  all?: boolean;
  singular?: string;
}

function define(
  group: string,
  version: string,
  kind: string,
  plural: string,
  extra: Extra = {},
): ResourceDefinition {
  return {
    key: group === '' ? plural : `${plural}.${group}`,
    group,
    version,
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    plural,
    singular: extra.singular ?? kind.toLowerCase(),
    shortNames: extra.short ?? [],
    namespaced: extra.cluster !== true,
    status: extra.status ?? false,
    scale: extra.scale ?? false,
    generation: extra.generation ?? false,
    categories: extra.all === true ? ['all'] : [],
  };
}

const rbac = 'rbac.authorization.k8s.io';

/** Every kind the embedded cluster simulates; anything else is answered with 404, as an API that is not installed. */
export const resourceDefinitions: readonly ResourceDefinition[] = [
  define('', 'v1', 'ConfigMap', 'configmaps', { short: ['cm'] }),
  define('', 'v1', 'Endpoints', 'endpoints', { short: ['ep'] }),
  define('', 'v1', 'Event', 'events', { short: ['ev'] }),
  define('', 'v1', 'LimitRange', 'limitranges', { short: ['limits'] }),
  define('', 'v1', 'Namespace', 'namespaces', { short: ['ns'], cluster: true, status: true }),
  define('', 'v1', 'Node', 'nodes', { short: ['no'], cluster: true, status: true }),
  define('', 'v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', { short: ['pvc'], status: true }),
  define('', 'v1', 'PersistentVolume', 'persistentvolumes', { short: ['pv'], cluster: true, status: true }),
  define('', 'v1', 'Pod', 'pods', { short: ['po'], status: true, all: true }),
  define('', 'v1', 'ResourceQuota', 'resourcequotas', { short: ['quota'], status: true }),
  define('', 'v1', 'Secret', 'secrets'),
  define('', 'v1', 'ServiceAccount', 'serviceaccounts', { short: ['sa'] }),
  define('', 'v1', 'Service', 'services', { short: ['svc'], status: true, all: true }),
  define('apps', 'v1', 'ControllerRevision', 'controllerrevisions'),
  define('apps', 'v1', 'DaemonSet', 'daemonsets', {
    short: ['ds'],
    status: true,
    generation: true,
    all: true,
  }),
  define('apps', 'v1', 'Deployment', 'deployments', {
    short: ['deploy'],
    status: true,
    scale: true,
    generation: true,
    all: true,
  }),
  define('apps', 'v1', 'ReplicaSet', 'replicasets', {
    short: ['rs'],
    status: true,
    scale: true,
    generation: true,
    all: true,
  }),
  define('apps', 'v1', 'StatefulSet', 'statefulsets', {
    short: ['sts'],
    status: true,
    scale: true,
    generation: true,
    all: true,
  }),
  define('autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
    short: ['hpa'],
    status: true,
    all: true,
  }),
  define('coordination.k8s.io', 'v1', 'Lease', 'leases'),
  define('discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices', { generation: true }),
  define('networking.k8s.io', 'v1', 'NetworkPolicy', 'networkpolicies', {
    short: ['netpol'],
    generation: true,
    singular: 'networkpolicy',
  }),
  define('policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets', {
    short: ['pdb'],
    status: true,
    generation: true,
  }),
  define(rbac, 'v1', 'ClusterRoleBinding', 'clusterrolebindings', { cluster: true }),
  define(rbac, 'v1', 'ClusterRole', 'clusterroles', { cluster: true }),
  define(rbac, 'v1', 'RoleBinding', 'rolebindings'),
  define(rbac, 'v1', 'Role', 'roles'),
  define('scheduling.k8s.io', 'v1', 'PriorityClass', 'priorityclasses', {
    short: ['pc'],
    cluster: true,
    generation: true,
  }),
  define('storage.k8s.io', 'v1', 'StorageClass', 'storageclasses', { short: ['sc'], cluster: true }),
];

const byKey = new Map(resourceDefinitions.map((d) => [d.key, d]));
const byGvk = new Map(resourceDefinitions.map((d) => [`${d.apiVersion} ${d.kind}`, d]));
const byPath = new Map(resourceDefinitions.map((d) => [`${d.apiVersion} ${d.plural}`, d]));

/** Definition for a Store key; a wrong key is a programming error. */
export function definitionOf(key: string): ResourceDefinition {
  const definition = byKey.get(key);
  if (definition === undefined)
    throw new KubeApiError(404, 'NotFound', 'the server could not find the requested resource', {
      resource: key,
    });
  return definition;
}

/** Definition for what a manifest says; 404 with kubectl's words for kinds that are not served. */
export function definitionOfKind(apiVersion: string, kind: string): ResourceDefinition {
  const definition = byGvk.get(`${apiVersion} ${kind}`);
  if (definition === undefined)
    throw new KubeApiError(404, 'NotFound', `no matches for kind "${kind}" in version "${apiVersion}"`, {
      kind,
      apiVersion,
    });
  return definition;
}

/** Definition for a REST path's group version and plural, if served. */
export function definitionOfPath(apiVersion: string, plural: string): ResourceDefinition | undefined {
  return byPath.get(`${apiVersion} ${plural}`);
}
