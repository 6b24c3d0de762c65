import type { KubeObject } from '../../kube/objects.ts';

/** A group of targets as Prometheus' HTTP service discovery wants it. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

interface PodSpec {
  readonly containers?: readonly {
    readonly name: string;
    readonly ports?: readonly { readonly containerPort?: number }[];
  }[];
}

/** Ports of stores that do not speak HTTP, and those on which an exporter beside them would listen. */
const storePorts: Readonly<Record<string, number>> = { 5432: 9187, 6379: 9121, 4222: 7777 };

/**
 * Pods that ask to be scraped by `prometheus.io/*` annotations, those that were started and have not ended. A store is
 * asked through the exporter: by its labels it is a target as if the exporter ran beside it.
 */
export function podTargets(pods: Iterable<KubeObject>, storeExporter: string): TargetGroup[] {
  const groups: TargetGroup[] = [];
  for (const pod of pods) {
    const annotations = pod.metadata.annotations ?? {};
    const port = annotations['prometheus.io/port'];
    // the shape of a Pod is the API server's; every field is optional here
    const { podIP, phase } = (pod.status ?? {}) as { podIP?: string; phase?: string };
    if (pod.kind !== 'Pod' || annotations['prometheus.io/scrape'] !== 'true' || !podIP || !port) continue;
    if (phase !== 'Running' && phase !== 'Unknown') continue;
    const address = `${podIP.includes(':') ? `[${podIP}]` : podIP}:${port}`;
    const exporter = storePorts[port];
    const path = annotations['prometheus.io/path'] ?? '/metrics';
    groups.push({
      targets: [exporter === undefined ? address : storeExporter],
      labels: {
        ...serviceOf(pod),
        namespace: pod.metadata.namespace ?? '',
        pod: pod.metadata.name,
        container: containerWith((pod['spec'] ?? {}) as PodSpec, Number(port)),
        instance: exporter === undefined ? address : address.replace(/\d+$/, String(exporter)),
        ...(exporter === undefined
          ? { __metrics_path__: path }
          : { __metrics_path__: '/probe', __param_target: address }),
      },
    });
  }
  return groups;
}

/** Kubelets and their cAdvisors, through the API server: it has their certificates, and only it must be reachable. */
export function kubeletTargets(nodes: Iterable<KubeObject>): TargetGroup[] {
  const groups: TargetGroup[] = [];
  for (const node of nodes) {
    if (node.kind !== 'Node') continue;
    const { addresses = [] } = (node.status ?? {}) as { addresses?: { type: string; address: string }[] };
    const ip = addresses.find(({ type }) => type === 'InternalIP')?.address ?? node.metadata.name;
    for (const path of ['/metrics', '/metrics/cadvisor'])
      groups.push({
        targets: ['kubernetes.default.svc:443'],
        labels: {
          job: 'kubelet',
          instance: `${ip}:10250`,
          metrics_path: path,
          node: node.metadata.name,
          __metrics_path__: `/api/v1/nodes/${node.metadata.name}/proxy${path}`,
        },
      });
  }
  return groups;
}

function serviceOf({ metadata }: KubeObject): Record<string, string> {
  const service = metadata.labels?.['app.kubernetes.io/name'] ?? metadata.labels?.['app'];
  return service === undefined ? {} : { job: service, service };
}

/** The container that declares the port, else the first. */
function containerWith({ containers = [] }: PodSpec, port: number): string {
  const declares = containers.find(({ ports = [] }) => ports.some((one) => one.containerPort === port));
  return (declares ?? containers[0])?.name ?? '';
}
