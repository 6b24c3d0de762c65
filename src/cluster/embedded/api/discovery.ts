import { type ResourceDefinition, resourceDefinitions } from './resources.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const preferredOrder = [
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'metrics.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
];

/** Groups that are served without stored objects. */
const virtualGroups: Readonly<Record<string, { version: string; resources: Record<string, unknown>[] }>> = {
  'authorization.k8s.io': {
    version: 'v1',
    resources: [
      {
        name: 'localsubjectaccessreviews',
        singularName: 'localsubjectaccessreview',
        namespaced: true,
        kind: 'LocalSubjectAccessReview',
        verbs: ['create'],
      },
      {
        name: 'selfsubjectaccessreviews',
        singularName: 'selfsubjectaccessreview',
        namespaced: false,
        kind: 'SelfSubjectAccessReview',
        verbs: ['create'],
      },
      {
        name: 'selfsubjectrulesreviews',
        singularName: 'selfsubjectrulesreview',
        namespaced: false,
        kind: 'SelfSubjectRulesReview',
        verbs: ['create'],
      },
    ],
  },
  'authentication.k8s.io': {
    version: 'v1',
    resources: [
      {
        name: 'selfsubjectreviews',
        singularName: 'selfsubjectreview',
        namespaced: false,
        kind: 'SelfSubjectReview',
        verbs: ['create'],
      },
    ],
  },
  'metrics.k8s.io': {
    version: 'v1beta1',
    resources: [
      { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
      { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
    ],
  },
};

function group(name: string): Record<string, unknown> | undefined {
  const version = virtualGroups[name]?.version ?? resourceDefinitions.find((d) => d.group === name)?.version;
  if (version === undefined) return undefined;
  const entry = { groupVersion: `${name}/${version}`, version };
  return { name, versions: [entry], preferredVersion: entry };
}

/** `/apis`. */
export function apiGroupList(): Record<string, unknown> {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: preferredOrder.map(group).filter((g) => g !== undefined),
  };
}

/** `/apis/GROUP`. */
export function apiGroup(name: string): Record<string, unknown> | undefined {
  const found = name === '' ? undefined : group(name);
  return found === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...found };
}

/** `/api`. */
export function apiVersions(address: string): Record<string, unknown> {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  };
}

/** `/api/v1` and `/apis/GROUP/VERSION`. */
export function apiResourceList(groupVersion: string): Record<string, unknown> | undefined {
  const virtual = Object.entries(virtualGroups).find(
    ([name, g]) => `${name}/${g.version}` === groupVersion,
  )?.[1];
  const served = resourceDefinitions.filter((d) => d.apiVersion === groupVersion);
  if (virtual === undefined && served.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: [...served.flatMap(entriesOf), ...(virtual?.resources ?? [])],
  };
}

function entriesOf(d: ResourceDefinition): Record<string, unknown>[] {
  const entry: Record<string, unknown> = {
    name: d.plural,
    singularName: d.singular,
    namespaced: d.namespaced,
    kind: d.kind,
    verbs,
  };
  if (d.shortNames.length > 0) entry['shortNames'] = d.shortNames;
  if (d.categories.length > 0) entry['categories'] = d.categories;
  const sub = (name: string, extra: Record<string, unknown>) => ({
    name: `${d.plural}/${name}`,
    singularName: '',
    namespaced: d.namespaced,
    kind: d.kind,
    ...extra,
  });
  const change = ['get', 'patch', 'update'];
  const out = [entry];
  if (d.status) out.push(sub('status', { verbs: change }));
  if (d.scale) out.push(sub('scale', { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: change }));
  if (d.key === 'pods')
    out.push(
      sub('binding', { kind: 'Binding', verbs: ['create'] }),
      sub('eviction', { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] }),
      sub('log', { verbs: ['get'] }),
    );
  return out;
}

/** Group versions with an OpenAPI document, as `/openapi/v3` lists them. */
export function groupVersions(): string[] {
  return [
    'v1',
    ...preferredOrder.map(
      (name) =>
        (group(name)?.['preferredVersion'] as { groupVersion: string } | undefined)?.groupVersion ?? '',
    ),
  ].filter((v) => v !== '');
}
