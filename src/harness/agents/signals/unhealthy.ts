import type { KubeObject } from '../../../spec/kube-types.ts';

type Fields = Readonly<Record<string, unknown>>;

const checks: Readonly<Record<string, (spec: Fields, status: Fields, object: KubeObject) => boolean>> = {
  Deployment: (spec, status) => number(status['availableReplicas']) < number(spec['replicas'] ?? 1),
  StatefulSet: (spec, status) => number(status['readyReplicas']) < number(spec['replicas'] ?? 1),
  DaemonSet: (_, status) => number(status['numberAvailable']) < number(status['desiredNumberScheduled']),
  Pod: (_, status) => status['phase'] !== 'Succeeded' && condition(status, 'Ready') !== 'True',
  Node: (_, status) => condition(status, 'Ready') !== 'True',
  Job: (_, status) => condition(status, 'Failed') === 'True',
  PersistentVolumeClaim: (_, status) => status['phase'] !== 'Bound',
  HorizontalPodAutoscaler: (_, status) => condition(status, 'ScalingActive') === 'False',
  EndpointSlice: (_, __, object) => !list(object['endpoints']).some(isReady),
};

/** Whether a person who lists objects would see at a glance that this one is not well. */
export function isUnhealthy(object: KubeObject): boolean {
  return checks[object.kind]?.(fields(object['spec']), fields(object['status']), object) ?? false;
}

function isReady(endpoint: unknown): boolean {
  return fields(fields(endpoint)['conditions'])['ready'] !== false;
}

function condition(status: Fields, type: string): unknown {
  return list(status['conditions'])
    .map(fields)
    .find((one) => one['type'] === type)?.['status'];
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
