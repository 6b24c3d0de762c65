import { byCodeUnit } from '../../../../base/order.ts';
import type { KubeObject } from '../../../../kube/objects.ts';
import { child, type Fields, items, text } from '../fields.ts';
import { type LabelSelector, selectorText } from '../selectors.ts';
import { since } from './human-duration.ts';
import { podColumns, podRow } from './pod-row.ts';
import type { Cell, Column, Printer } from './table.ts';

const age = (object: KubeObject, nowMs: number) => since(object.metadata.creationTimestamp, nowMs);
const none = (value: string) => (value === '' ? '<none>' : value);
const named = (...names: string[]): Column[] =>
  names.map((name) => (name.endsWith('*') ? { name: name.slice(0, -1), wide: true } : { name }));
const count = (of: KubeObject, ...fields: string[]) =>
  fields.reduce((sum, f) => sum + Object.keys(child(of, f) ?? {}).length, 0);
const spec = (object: KubeObject): Fields => child(object, 'spec') ?? {};
const status = (object: KubeObject): Fields => child(object, 'status') ?? {};

const bindingPrinter: Printer = {
  columns: named('Name', 'Role', 'Age', 'Users*', 'Groups*', 'ServiceAccounts*'),
  row: (object, nowMs) => {
    const role = child(object, 'roleRef');
    const subjects = (kind: string, shown: (s: Fields) => string) =>
      items(object, 'subjects')
        .filter((s) => s['kind'] === kind)
        .map(shown)
        .join(', ');
    return [
      object.metadata.name,
      `${text(role, 'kind')}/${text(role, 'name')}`,
      age(object, nowMs),
      subjects('User', (s) => text(s, 'name')),
      subjects('Group', (s) => text(s, 'name')),
      subjects('ServiceAccount', (s) => `${text(s, 'namespace')}/${text(s, 'name')}`),
    ];
  },
};
const createdAt: Printer = {
  columns: [{ name: 'Name' }, { name: 'Created At', type: 'date' }],
  row: (object) => [object.metadata.name, object.metadata.creationTimestamp ?? '<unknown>'],
};

export const corePrinters: Readonly<Record<string, Printer>> = {
  pods: { columns: podColumns, row: podRow },
  services: {
    columns: named('Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age', 'Selector*'),
    row: (object, nowMs) => {
      const s = spec(object);
      return [
        object.metadata.name,
        text(s, 'type'),
        none(text(s, 'clusterIP')),
        externalAddress(object, s),
        none(items(s, 'ports').map(servicePort).join(',')),
        age(object, nowMs),
        selectorText(
          s['selector'] === undefined ? undefined : ({ matchLabels: s['selector'] } as LabelSelector),
        ),
      ];
    },
  },
  endpoints: {
    columns: named('Name', 'Endpoints', 'Age'),
    row: (object, nowMs) => [object.metadata.name, endpointText(object), age(object, nowMs)],
  },
  configmaps: {
    columns: [{ name: 'Name' }, { name: 'Data', type: 'integer' }, { name: 'Age' }],
    row: (object, nowMs) => [object.metadata.name, count(object, 'data', 'binaryData'), age(object, nowMs)],
  },
  secrets: {
    columns: [{ name: 'Name' }, { name: 'Type' }, { name: 'Data', type: 'integer' }, { name: 'Age' }],
    row: (object, nowMs) => [
      object.metadata.name,
      text(object, 'type'),
      count(object, 'data'),
      age(object, nowMs),
    ],
  },
  serviceaccounts: {
    columns: [{ name: 'Name' }, { name: 'Secrets', type: 'integer' }, { name: 'Age' }],
    row: (object, nowMs) => [object.metadata.name, items(object, 'secrets').length, age(object, nowMs)],
  },
  namespaces: {
    columns: named('Name', 'Status', 'Age'),
    row: (object, nowMs) => [object.metadata.name, text(status(object), 'phase'), age(object, nowMs)],
  },
  nodes: {
    columns: named(
      'Name',
      'Status',
      'Roles',
      'Age',
      'Version',
      'Internal-IP*',
      'External-IP*',
      'OS-Image*',
      'Kernel-Version*',
      'Container-Runtime*',
    ),
    row: nodeRow,
  },
  events: {
    columns: named(
      'Last Seen',
      'Type',
      'Reason',
      'Object',
      'Subobject*',
      'Source*',
      'Message',
      'First Seen*',
      'Count*',
      'Name*',
    ),
    row: eventRow,
  },
  resourcequotas: {
    columns: named('Name', 'Age', 'Request', 'Limit'),
    row: (object, nowMs) => [object.metadata.name, age(object, nowMs), ...quotaCells(status(object))],
  },
  limitranges: createdAt,
  persistentvolumeclaims: {
    columns: named(
      'Name',
      'Status',
      'Volume',
      'Capacity',
      'Access Modes',
      'StorageClass',
      'VolumeAttributesClass',
      'Age',
      'VolumeMode*',
    ),
    row: (object, nowMs) => {
      const s = spec(object);
      const bound = text(s, 'volumeName') !== '';
      return [
        object.metadata.name,
        object.metadata.deletionTimestamp === undefined ? text(status(object), 'phase') : 'Terminating',
        text(s, 'volumeName'),
        bound ? text(child(status(object), 'capacity'), 'storage') : '',
        bound ? accessModes(status(object)) : '',
        text(s, 'storageClassName'),
        '<unset>',
        age(object, nowMs),
        text(s, 'volumeMode'),
      ];
    },
  },
  persistentvolumes: {
    columns: named(
      'Name',
      'Capacity',
      'Access Modes',
      'Reclaim Policy',
      'Status',
      'Claim',
      'StorageClass',
      'VolumeAttributesClass',
      'Reason',
      'Age',
      'VolumeMode*',
    ),
    row: (object, nowMs) => {
      const s = spec(object);
      const claim = child(s, 'claimRef');
      return [
        object.metadata.name,
        text(child(s, 'capacity'), 'storage'),
        accessModes(s),
        text(s, 'persistentVolumeReclaimPolicy'),
        text(status(object), 'phase'),
        claim === undefined ? '' : `${text(claim, 'namespace')}/${text(claim, 'name')}`,
        text(s, 'storageClassName'),
        '<unset>',
        text(status(object), 'reason'),
        age(object, nowMs),
        text(s, 'volumeMode'),
      ];
    },
  },
  'networkpolicies.networking.k8s.io': {
    columns: named('Name', 'Pod-Selector', 'Age'),
    row: (object, nowMs) => [
      object.metadata.name,
      selectorText(spec(object)['podSelector'] as LabelSelector | undefined),
      age(object, nowMs),
    ],
  },
  'leases.coordination.k8s.io': {
    columns: named('Name', 'Holder', 'Age'),
    row: (object, nowMs) => [object.metadata.name, text(spec(object), 'holderIdentity'), age(object, nowMs)],
  },
  'endpointslices.discovery.k8s.io': {
    columns: named('Name', 'AddressType', 'Ports', 'Endpoints', 'Age'),
    row: (object, nowMs) => [
      object.metadata.name,
      text(object, 'addressType'),
      orUnset(items(object, 'ports').map((p) => String(p['port'] ?? '*'))),
      orUnset(
        items(object, 'endpoints').flatMap((e) =>
          Array.isArray(e['addresses']) ? e['addresses'].map(String) : [],
        ),
      ),
      age(object, nowMs),
    ],
  },
  'priorityclasses.scheduling.k8s.io': {
    columns: [
      { name: 'Name' },
      { name: 'Value', type: 'integer' },
      { name: 'Global-Default', type: 'boolean' },
      { name: 'Age' },
      { name: 'PreemptionPolicy' },
    ],
    row: (object, nowMs) => [
      object.metadata.name,
      Number(object['value'] ?? 0),
      object['globalDefault'] === true,
      age(object, nowMs),
      text(object, 'preemptionPolicy'),
    ],
  },
  'storageclasses.storage.k8s.io': {
    columns: named(
      'Name',
      'Provisioner',
      'ReclaimPolicy',
      'VolumeBindingMode',
      'AllowVolumeExpansion',
      'Age',
    ),
    row: (object, nowMs) => [
      object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true'
        ? `${object.metadata.name} (default)`
        : object.metadata.name,
      text(object, 'provisioner'),
      text(object, 'reclaimPolicy'),
      text(object, 'volumeBindingMode'),
      object['allowVolumeExpansion'] === true,
      age(object, nowMs),
    ],
  },
  'roles.rbac.authorization.k8s.io': createdAt,
  'clusterroles.rbac.authorization.k8s.io': createdAt,
  'rolebindings.rbac.authorization.k8s.io': bindingPrinter,
  'clusterrolebindings.rbac.authorization.k8s.io': bindingPrinter,
};

function orUnset(values: readonly string[]): string {
  if (values.length === 0) return '<unset>';
  return values.length > 3
    ? `${values.slice(0, 3).join(',')} + ${values.length - 3} more...`
    : values.join(',');
}

function servicePort(port: Fields): string {
  const node = port['nodePort'] === undefined ? '' : `:${String(port['nodePort'])}`;
  return `${String(port['port'])}${node}/${text(port, 'protocol')}`;
}

function externalAddress(object: KubeObject, s: Fields): string {
  if (s['type'] === 'ExternalName') return text(s, 'externalName');
  const external = Array.isArray(s['externalIPs']) ? s['externalIPs'].map(String) : [];
  if (s['type'] !== 'LoadBalancer') return none(external.join(','));
  const assigned = items(child(status(object), 'loadBalancer'), 'ingress').map(
    (i) => text(i, 'ip') || text(i, 'hostname'),
  );
  return [...assigned, ...external].join(',') || '<pending>';
}

function endpointText(object: KubeObject): string {
  const all = items(object, 'subsets').flatMap((subset) =>
    items(subset, 'addresses').flatMap((address) => {
      const ports = items(subset, 'ports');
      return ports.length === 0
        ? [text(address, 'ip')]
        : ports.map((port) => `${text(address, 'ip')}:${String(port['port'])}`);
    }),
  );
  if (all.length === 0) return '<none>';
  return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : all.join(',');
}

function accessModes(of: Fields): string {
  const short: Record<string, string> = {
    ReadWriteOnce: 'RWO',
    ReadOnlyMany: 'ROX',
    ReadWriteMany: 'RWX',
    ReadWriteOncePod: 'RWOP',
  };
  return (Array.isArray(of['accessModes']) ? of['accessModes'] : [])
    .map((m) => short[String(m)] ?? String(m))
    .join(',');
}

function nodeRow(object: KubeObject, nowMs: number): readonly Cell[] {
  const s = status(object);
  const ready = items(s, 'conditions').find((c) => c['type'] === 'Ready');
  const states = [ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady'];
  if (spec(object)['unschedulable'] === true) states.push('SchedulingDisabled');
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(object.metadata.labels ?? {})
    .filter((l) => l.startsWith(prefix))
    .map((l) => l.slice(prefix.length))
    .sort(byCodeUnit);
  const info = child(s, 'nodeInfo');
  const address = (type: string) =>
    text(
      items(s, 'addresses').find((a) => a['type'] === type),
      'address',
    );
  return [
    object.metadata.name,
    states.join(','),
    none(roles.join(',')),
    age(object, nowMs),
    text(info, 'kubeletVersion'),
    none(address('InternalIP')),
    none(address('ExternalIP')),
    text(info, 'osImage') || '<unknown>',
    text(info, 'kernelVersion') || '<unknown>',
    text(info, 'containerRuntimeVersion') || '<unknown>',
  ];
}

function eventRow(object: KubeObject, nowMs: number): readonly Cell[] {
  const about = child(object, 'involvedObject');
  const source = child(object, 'source');
  const first = object['firstTimestamp'] ?? object['eventTime'];
  const last = object['lastTimestamp'] ?? first;
  return [
    since(last, nowMs),
    text(object, 'type'),
    text(object, 'reason'),
    `${text(about, 'kind').toLowerCase()}/${text(about, 'name')}`,
    text(about, 'fieldPath'),
    [text(source, 'component') || text(object, 'reportingComponent'), text(source, 'host')]
      .filter((t) => t !== '')
      .join(', '),
    text(object, 'message').trim(),
    since(first, nowMs),
    Number(object['count'] ?? 1),
    object.metadata.name,
  ];
}

function quotaCells(s: Fields): [string, string] {
  const hard = child(s, 'hard') ?? {};
  const used = child(s, 'used') ?? {};
  const requests: string[] = [];
  const limits: string[] = [];
  for (const name of Object.keys(hard).sort(byCodeUnit))
    (name.startsWith('limits.') ? limits : requests).push(
      `${name}: ${String(used[name] ?? '0')}/${String(hard[name])}`,
    );
  return [requests.join(', '), limits.join(', ')];
}
