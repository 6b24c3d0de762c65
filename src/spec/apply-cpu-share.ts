import type { Application } from './application.ts';
import type { KubeObject } from './kube-types.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The application asking for a share of its CPU: requests of containers, and by the same share what quotas allow to be
 * requested and limit ranges give by default. Limits stay, for they say how much may be used, not how much there is. What
 * autoscalers want of CPU in percent of the requests is raised by as much, so that it is the same use.
 * The same object where the share is 1.
 */
export function applyCpuShare(application: Application, share: number): Application {
  if (share === 1) return application;
  return { ...application, manifests: application.manifests.map((object) => scaled(object, share)) };
}

function scaled(object: KubeObject, share: number): KubeObject {
  const spec = object['spec'];
  if (!isFields(spec)) return object;
  switch (object.kind) {
    case 'Pod':
      return { ...object, spec: scaledPod(spec, share) };
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'Job': {
      const template = spec['template'];
      if (!isFields(template) || !isFields(template['spec'])) return object;
      return {
        ...object,
        spec: { ...spec, template: { ...template, spec: scaledPod(template['spec'], share) } },
      };
    }
    case 'ResourceQuota':
      return {
        ...object,
        spec: { ...spec, hard: scaledCpu(spec['hard'], ['requests.cpu', 'cpu'], share) },
      };
    case 'LimitRange':
      return {
        ...object,
        spec: {
          ...spec,
          limits: list(spec['limits']).map((limit) => ({
            ...limit,
            ...withCpu(limit, 'defaultRequest', share),
            ...withCpu(limit, 'min', share),
          })),
        },
      };
    case 'HorizontalPodAutoscaler':
      return {
        ...object,
        spec: { ...spec, metrics: list(spec['metrics']).map((metric) => scaledMetric(metric, share)) },
      };
    default:
      return object;
  }
}

function scaledMetric(metric: Fields, share: number): Fields {
  const { resource } = metric;
  if (!isFields(resource) || resource['name'] !== 'cpu' || !isFields(resource['target'])) return metric;
  const { averageUtilization } = resource['target'];
  if (typeof averageUtilization !== 'number') return metric;
  const target = { ...resource['target'], averageUtilization: Math.round(averageUtilization / share) };
  return { ...metric, resource: { ...resource, target } };
}

function scaledPod(spec: Fields, share: number): Fields {
  const containers = (field: string) =>
    spec[field] === undefined
      ? {}
      : {
          [field]: list(spec[field]).map((container) => {
            const { resources } = container;
            return isFields(resources)
              ? { ...container, resources: { ...resources, ...withCpu(resources, 'requests', share) } }
              : container;
          }),
        };
  return { ...spec, ...containers('containers'), ...containers('initContainers') };
}

function withCpu(fields: Fields, name: string, share: number): Fields {
  return fields[name] === undefined ? {} : { [name]: scaledCpu(fields[name], ['cpu'], share) };
}

function scaledCpu(amounts: unknown, names: readonly string[], share: number): unknown {
  if (!isFields(amounts)) return amounts;
  return Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => [
      name,
      names.includes(name) ? scaledAmount(amount, share) : amount,
    ]),
  );
}

/** In whole millicores, at least one. */
function scaledAmount(amount: unknown, share: number): unknown {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(String(amount));
  if (match === null) return amount;
  const milli = Number(match[1]) * (match[2] === 'm' ? 1 : 1000) * share;
  return `${Math.max(1, Math.round(milli))}m`;
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
