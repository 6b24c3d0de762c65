import type { KubeObject } from '../../../../kube/objects.ts';
import { child, type Fields, items, text } from '../fields.ts';
import { formatQuantity, parseQuantity } from '../quantity.ts';
import { type LabelSelector, selectorText } from '../selectors.ts';
import { since } from './human-duration.ts';
import type { Cell, Printer } from './table.ts';

const number = (of: Fields | undefined, name: string): number => Number(of?.[name] ?? 0);
const age = (object: KubeObject, nowMs: number) => since(object.metadata.creationTimestamp, nowMs);

function parts(object: KubeObject): { spec: Fields; status: Fields; wide: Cell[] } {
  const spec = child(object, 'spec') ?? {};
  const containers = items(child(child(spec, 'template'), 'spec'), 'containers');
  return {
    spec,
    status: child(object, 'status') ?? {},
    wide: [
      containers.map((c) => text(c, 'name')).join(','),
      containers.map((c) => text(c, 'image')).join(','),
      selectorText(spec['selector'] as LabelSelector | undefined),
    ],
  };
}

const wideColumns = [
  { name: 'Containers', wide: true },
  { name: 'Images', wide: true },
  { name: 'Selector', wide: true },
];
const integer = 'integer';

export const workloadPrinters: Readonly<Record<string, Printer>> = {
  'deployments.apps': {
    columns: [
      { name: 'Name' },
      { name: 'Ready' },
      { name: 'Up-to-date', type: integer },
      { name: 'Available', type: integer },
      { name: 'Age' },
      ...wideColumns,
    ],
    row: (object, nowMs) => {
      const { spec, status, wide } = parts(object);
      return [
        object.metadata.name,
        `${number(status, 'readyReplicas')}/${number(spec, 'replicas')}`,
        number(status, 'updatedReplicas'),
        number(status, 'availableReplicas'),
        age(object, nowMs),
        ...wide,
      ];
    },
  },
  'replicasets.apps': {
    columns: [
      { name: 'Name' },
      { name: 'Desired', type: integer },
      { name: 'Current', type: integer },
      { name: 'Ready', type: integer },
      { name: 'Age' },
      ...wideColumns,
    ],
    row: (object, nowMs) => {
      const { spec, status, wide } = parts(object);
      return [
        object.metadata.name,
        number(spec, 'replicas'),
        number(status, 'replicas'),
        number(status, 'readyReplicas'),
        age(object, nowMs),
        ...wide,
      ];
    },
  },
  'statefulsets.apps': {
    columns: [
      { name: 'Name' },
      { name: 'Ready' },
      { name: 'Age' },
      { name: 'Containers', wide: true },
      { name: 'Images', wide: true },
    ],
    row: (object, nowMs) => {
      const { spec, status, wide } = parts(object);
      return [
        object.metadata.name,
        `${number(status, 'readyReplicas')}/${number(spec, 'replicas')}`,
        age(object, nowMs),
        ...wide.slice(0, 2),
      ];
    },
  },
  'daemonsets.apps': {
    columns: [
      { name: 'Name' },
      ...['Desired', 'Current', 'Ready', 'Up-to-date', 'Available'].map((name) => ({ name, type: integer })),
      { name: 'Node Selector' },
      { name: 'Age' },
      ...wideColumns,
    ],
    row: (object, nowMs) => {
      const { spec, status, wide } = parts(object);
      const selector = child(child(child(spec, 'template'), 'spec'), 'nodeSelector') as
        | Record<string, string>
        | undefined;
      return [
        object.metadata.name,
        number(status, 'desiredNumberScheduled'),
        number(status, 'currentNumberScheduled'),
        number(status, 'numberReady'),
        number(status, 'updatedNumberScheduled'),
        number(status, 'numberAvailable'),
        selectorText(selector === undefined ? undefined : { matchLabels: selector }),
        age(object, nowMs),
        ...wide,
      ];
    },
  },
  'controllerrevisions.apps': {
    columns: [{ name: 'Name' }, { name: 'Controller' }, { name: 'Revision' }, { name: 'Age' }],
    row: (object, nowMs) => {
      const owner = object.metadata.ownerReferences?.find((o) => o.controller === true);
      const group = owner?.apiVersion.split('/')[0];
      return [
        object.metadata.name,
        owner === undefined ? '<none>' : `${owner.kind.toLowerCase()}.${group}/${owner.name}`,
        number(object, 'revision'),
        age(object, nowMs),
      ];
    },
  },
  'horizontalpodautoscalers.autoscaling': {
    columns: ['Name', 'Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas', 'Age'].map((name) => ({
      name,
    })),
    row: (object, nowMs) => {
      const { spec, status } = parts(object);
      const target = child(spec, 'scaleTargetRef');
      return [
        object.metadata.name,
        `${text(target, 'kind')}/${text(target, 'name')}`,
        targets(spec, status),
        String(spec['minReplicas'] ?? '<unset>'),
        number(spec, 'maxReplicas'),
        number(status, 'currentReplicas'),
        age(object, nowMs),
      ];
    },
  },
  'poddisruptionbudgets.policy': {
    columns: [
      { name: 'Name' },
      { name: 'Min Available' },
      { name: 'Max Unavailable' },
      { name: 'Allowed Disruptions', type: integer },
      { name: 'Age' },
    ],
    row: (object, nowMs) => {
      const { spec, status } = parts(object);
      return [
        object.metadata.name,
        String(spec['minAvailable'] ?? 'N/A'),
        String(spec['maxUnavailable'] ?? 'N/A'),
        number(status, 'disruptionsAllowed'),
        age(object, nowMs),
      ];
    },
  },
};

function targets(spec: Fields, status: Fields): string {
  const shown = items(spec, 'metrics').map((metric, i) => {
    const source = child(metric, 'resource') ?? child(metric, 'containerResource');
    const target = child(source, 'target');
    const current = child(
      child(items(status, 'currentMetrics')[i], 'resource') ??
        child(items(status, 'currentMetrics')[i], 'containerResource'),
      'current',
    );
    const name = text(source, 'name');
    if (target?.['averageUtilization'] !== undefined) {
      const now = current?.['averageUtilization'];
      return `${name}: ${now === undefined ? '<unknown>' : `${String(now)}%`}/${String(target['averageUtilization'])}%`;
    }
    const now = parseQuantity(current?.['averageValue']);
    return `${name}: ${now === undefined ? '<unknown>' : formatQuantity(now)}/${String(target?.['averageValue'] ?? '<auto>')}`;
  });
  if (shown.length === 0) return '<none>';
  return shown.length > 2
    ? `${shown.slice(0, 2).join(', ')} + ${shown.length - 2} more...`
    : shown.join(', ');
}
