import type { GroupVersionKind } from './client.ts';
import type { KubeObject } from './objects.ts';

/** Something of an object that the other version cannot say. */
export interface LostField {
  /** JSON pointer. */
  readonly path: string;
  readonly why: string;
}

export interface Converted {
  readonly object: KubeObject;
  readonly lost: readonly LostField[];
}

/** How one version of a kind is turned into another; both directions are total. */
export interface VersionRoute {
  /** The form that manifests, faults and bundles use. */
  readonly current: GroupVersionKind;
  /** What an older (or newer) server has instead. */
  readonly served: GroupVersionKind;
  /** Whether the two differ in their name only, so that patches pass as they are. */
  readonly isSameShape: boolean;
  down(object: KubeObject): Converted;
  up(object: KubeObject): KubeObject;
}

/** All known routes; of several for one kind the first that the server has is taken. */
export const versionRoutes: readonly VersionRoute[] = [
  renamed('HorizontalPodAutoscaler', 'autoscaling/v2', 'autoscaling/v2beta2'),
  {
    current: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
    served: { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler' },
    isSameShape: false,
    down: autoscalerToV1,
    up: autoscalerFromV1,
  },
  renamed('PodDisruptionBudget', 'policy/v1', 'policy/v1beta1'),
  renamed('CronJob', 'batch/v1', 'batch/v1beta1'),
  {
    current: { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
    served: { apiVersion: 'discovery.k8s.io/v1beta1', kind: 'EndpointSlice' },
    isSameShape: false,
    down: sliceToBeta,
    up: sliceFromBeta,
  },
];

function renamed(kind: string, current: string, served: string): VersionRoute {
  return {
    current: { apiVersion: current, kind },
    served: { apiVersion: served, kind },
    isSameShape: true,
    down: (object) => ({ object: { ...object, apiVersion: served }, lost: [] }),
    up: (object) => ({ ...object, apiVersion: current }),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  // only read: whatever is not an object has no fields
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** autoscaling/v1 knows one metric: the average CPU of the pods, in percent of what they ask for. */
function autoscalerToV1(object: KubeObject): Converted {
  const { metrics, behavior, ...spec } = fields(object['spec']);
  const lost: LostField[] = [];
  let percent: unknown;
  for (const [index, metric] of (Array.isArray(metrics) ? metrics : []).entries()) {
    const cpu = cpuPercentOf(metric);
    if (cpu !== undefined && percent === undefined) percent = cpu;
    else lost.push({ path: `/spec/metrics/${index}`, why: 'autoscaling/v1 scales by the share of CPU only' });
  }
  if (behavior !== undefined)
    lost.push({ path: '/spec/behavior', why: 'autoscaling/v1 has no scaling behaviour' });
  const { currentMetrics, conditions: _, ...status } = fields(object['status']);
  const current = (Array.isArray(currentMetrics) ? currentMetrics : [])
    .map((metric) => fields(fields(fields(metric)['resource'])['current'])['averageUtilization'])
    .find((value) => value !== undefined);
  return {
    object: {
      ...object,
      apiVersion: 'autoscaling/v1',
      spec: { ...spec, ...(percent === undefined ? {} : { targetCPUUtilizationPercentage: percent }) },
      ...(object['status'] === undefined
        ? {}
        : {
            status: {
              ...status,
              ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
            },
          }),
    },
    lost,
  };
}

function cpuPercentOf(metric: unknown): unknown {
  const { type, resource } = fields(metric);
  const { name, target } = fields(resource);
  const { type: targetType, averageUtilization } = fields(target);
  return type === 'Resource' && name === 'cpu' && targetType === 'Utilization'
    ? averageUtilization
    : undefined;
}

function autoscalerFromV1(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = fields(object['spec']);
  const { currentCPUUtilizationPercentage: current, ...status } = fields(object['status']);
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    spec: {
      ...spec,
      ...(target === undefined
        ? {}
        : {
            metrics: [
              {
                type: 'Resource',
                resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } },
              },
            ],
          }),
    },
    ...(object['status'] === undefined
      ? {}
      : {
          status: {
            ...status,
            ...(current === undefined
              ? {}
              : {
                  currentMetrics: [
                    { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } },
                  ],
                }),
          },
        }),
  };
}

const hostname = 'kubernetes.io/hostname';
const zone = 'topology.kubernetes.io/zone';

/** v1beta1 tells an endpoint's node and zone in a map, v1 in fields. */
function sliceToBeta(object: KubeObject): Converted {
  const lost: LostField[] = [];
  const endpoints = eachEndpoint(object, (endpoint, index) => {
    const { nodeName, zone: inZone, deprecatedTopology, hints, ...rest } = endpoint;
    if (hints !== undefined)
      lost.push({ path: `/endpoints/${index}/hints`, why: 'not known before discovery.k8s.io/v1' });
    const topology = {
      ...fields(deprecatedTopology),
      ...(nodeName === undefined ? {} : { [hostname]: nodeName }),
      ...(inZone === undefined ? {} : { [zone]: inZone }),
    };
    return Object.keys(topology).length === 0 ? rest : { ...rest, topology };
  });
  return { object: { ...object, ...endpoints, apiVersion: 'discovery.k8s.io/v1beta1' }, lost };
}

function sliceFromBeta(object: KubeObject): KubeObject {
  const endpoints = eachEndpoint(object, ({ topology, ...rest }) => {
    const { [hostname]: nodeName, [zone]: inZone, ...others } = fields(topology);
    return {
      ...rest,
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(inZone === undefined ? {} : { zone: inZone }),
      ...(Object.keys(others).length === 0 ? {} : { deprecatedTopology: others }),
    };
  });
  return { ...object, ...endpoints, apiVersion: 'discovery.k8s.io/v1' };
}

function eachEndpoint(object: KubeObject, change: (endpoint: Fields, index: number) => Fields): Fields {
  const { endpoints } = object;
  return Array.isArray(endpoints)
    ? { endpoints: endpoints.map((endpoint, index) => change(fields(endpoint), index)) }
    : {};
}
