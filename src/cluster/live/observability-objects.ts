import { createHash } from 'node:crypto';
import type { KubeObject } from '../../kube/objects.ts';
import { prometheusConfig } from './prometheus-config.ts';

export interface ObservabilityImages {
  readonly prometheus: string;
  /** Both run the recorder, told apart by its arguments. */
  readonly collector: string;
  readonly stateMetrics: string;
  /** Default: that of `stateMetrics`. */
  readonly storeExporter?: string;
  /** Default: that of `stateMetrics`. */
  readonly resourceMetrics?: string;
}

export interface ObservabilityOptions {
  readonly images: ObservabilityImages;
  /** The application's Prometheus rule file. */
  readonly rules: string;
  /** Prometheus durations; default `15s`. */
  readonly scrapeInterval?: string;
  readonly evaluationInterval?: string;
  /** Where it all runs: nodes that no fault takes down. Default: the control plane's. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Readonly<Record<string, string>>[];
  /** Also serve `metrics.k8s.io` to autoscalers, where the cluster has nothing that does. Default false. */
  readonly resourceMetrics?: boolean;
  /** How much the collector keeps on disk. Default 1024. */
  readonly collectorStorageMiB?: number;
}

/** The namespace of everything that watches an application. */
export const observabilityNamespace = 'observability';

/** Services of the namespace, as the API server's proxy is asked for them: `service:port`. */
export const observabilityServices = {
  prometheus: 'prometheus:9090',
  collector: 'otel-collector:8888',
  stateMetrics: 'kube-state-metrics:8080',
} as const;

/**
 * What an operator runs to watch a cluster: Prometheus with the application's rules, a collector of traces and logs,
 * kube-state-metrics, an exporter for stores. In the order in which they are to be created.
 */
export function observabilityObjects(options: ObservabilityOptions): KubeObject[] {
  const { images, rules } = options;
  const config = prometheusConfig({
    scrapeInterval: options.scrapeInterval ?? '15s',
    evaluationInterval: options.evaluationInterval ?? '15s',
    ruleFiles: ['/etc/prometheus/rules/*.yaml'],
    stateMetrics: 'kube-state-metrics.observability.svc:8080',
  });
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: observabilityNamespace,
        labels: {
          'kubernetes.io/metadata.name': observabilityNamespace,
          'app.kubernetes.io/part-of': 'platform',
        },
      },
    },
    configMap('prometheus-config', 'prometheus', { 'prometheus.yml': config }),
    configMap('prometheus-rules', 'prometheus', { 'rules.yaml': rules }),
    ...component(options, {
      name: 'prometheus',
      image: images.prometheus,
      args: [
        '--config.file=/etc/prometheus/config/prometheus.yml',
        '--storage.tsdb.path=/prometheus',
        '--storage.tsdb.retention.time=1d',
        '--web.enable-lifecycle',
      ],
      ports: { web: 9090 },
      ready: { path: '/-/ready', port: 'web' },
      memory: '640Mi',
      user: 65534,
      annotations: { 'checksum/config': digest(config + rules) },
      volumes: {
        '/etc/prometheus/config': { configMap: { name: 'prometheus-config' } },
        '/etc/prometheus/rules': { configMap: { name: 'prometheus-rules' } },
        '/prometheus': { emptyDir: {} },
      },
      access: [
        {
          apiGroups: [''],
          resources: ['nodes', 'nodes/metrics', 'nodes/proxy'],
          verbs: ['get', 'list', 'watch'],
        },
        { apiGroups: [''], resources: ['services', 'endpoints', 'pods'], verbs: ['get', 'list', 'watch'] },
      ],
    }),
    ...component(options, {
      name: 'otel-collector',
      image: images.collector,
      args: ['collector'],
      env: {
        STORAGE_PATH: '/var/lib/otelcol',
        STORAGE_LIMIT_MIB: String(options.collectorStorageMiB ?? 1024),
        ...smallHeap,
      },
      ports: { 'otlp-http': 4318, metrics: 8888 },
      ready: { path: '/', port: 'metrics' },
      memory: '320Mi',
      user: 10001,
      volumes: { '/var/lib/otelcol': { emptyDir: {} } },
      access: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    }),
    ...component(options, {
      name: 'kube-state-metrics',
      image: images.stateMetrics,
      args: ['state-metrics'],
      env: { STORE_EXPORTER: 'store-exporter.observability.svc:9187', ...smallHeap },
      ports: { 'http-metrics': 8080 },
      ready: { path: '/', port: 'http-metrics' },
      memory: '256Mi',
      user: 10001,
      access: [
        {
          apiGroups: [''],
          resources: ['pods', 'nodes', 'resourcequotas', 'endpoints'],
          verbs: ['list', 'watch', 'get'],
        },
        {
          apiGroups: ['apps'],
          resources: ['deployments', 'replicasets', 'statefulsets', 'daemonsets'],
          verbs: ['list', 'watch', 'get'],
        },
        { apiGroups: ['batch'], resources: ['jobs'], verbs: ['list', 'watch', 'get'] },
        {
          apiGroups: ['autoscaling'],
          resources: ['horizontalpodautoscalers'],
          verbs: ['list', 'watch', 'get'],
        },
        { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list', 'watch', 'get'] },
      ],
    }),
    ...component(options, {
      name: 'store-exporter',
      image: images.storeExporter ?? images.stateMetrics,
      args: ['store-exporter'],
      env: smallHeap,
      ports: { 'http-metrics': 9187 },
      ready: { path: '/', port: 'http-metrics' },
      memory: '256Mi',
      user: 10001,
      access: [
        { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
        { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['get'] },
      ],
    }),
    ...(options.resourceMetrics === true ? resourceMetrics(options) : []),
  ];
}

const adapter = { name: 'prometheus-adapter', port: 6443 } as const;

/** prometheus-adapter: `metrics.k8s.io` out of what Prometheus scrapes, for autoscalers and `kubectl top`. */
function resourceMetrics(options: ObservabilityOptions): KubeObject[] {
  return component(options, {
    name: adapter.name,
    image: options.images.resourceMetrics ?? options.images.stateMetrics,
    args: ['resource-metrics'],
    env: { PROMETHEUS_URL: 'http://prometheus.observability.svc:9090', ...smallHeap },
    ports: { https: adapter.port, health: 8080 },
    ready: { path: '/', port: 'health' },
    memory: '128Mi',
    user: 10001,
    access: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
  });
}

/**
 * Has the API server ask our adapter for `metrics.k8s.io`. To be applied when the adapter is ready, not before: a
 * connection that the API server made to its address too early leads elsewhere, and is kept.
 */
export const resourceMetricsApi: KubeObject = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: {
    name: 'v1beta1.metrics.k8s.io',
    labels: { 'app.kubernetes.io/name': adapter.name, 'app.kubernetes.io/part-of': 'platform' },
  },
  spec: {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    groupPriorityMinimum: 100,
    versionPriority: 100,
    insecureSkipTLSVerify: true,
    service: { name: adapter.name, namespace: observabilityNamespace, port: adapter.port },
  },
};

/** V8 lets its heap grow to what it thinks the machine has; these processes need little. */
const smallHeap = { NODE_OPTIONS: '--max-old-space-size=160 --max-semi-space-size=4' };

interface Component {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, number>>;
  readonly ready: { readonly path: string; readonly port: string };
  /** Limit; half of it is requested. */
  readonly memory: `${number}Mi`;
  readonly user: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Volumes by where they are mounted. */
  readonly volumes?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Rules of its ClusterRole. */
  readonly access: readonly unknown[];
}

/** ServiceAccount with rights, Deployment and Service of one part. */
function component(options: ObservabilityOptions, part: Component): KubeObject[] {
  const { name } = part;
  const account = { kind: 'ServiceAccount', name, namespace: observabilityNamespace };
  const rights = `${observabilityNamespace}:${name}`;
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: inNamespace(name, name) },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: rights, labels: labels(name) },
      rules: part.access,
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: rights, labels: labels(name) },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: rights },
      subjects: [account],
    },
    deployment(options, part),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: inNamespace(name, name),
      spec: {
        selector: { 'app.kubernetes.io/name': name },
        ports: Object.entries(part.ports).map(([port, number]) => ({
          name: port,
          port: number,
          targetPort: port,
        })),
      },
    },
  ];
}

function deployment(options: ObservabilityOptions, part: Component): KubeObject {
  const { name, volumes = {} } = part;
  const mounts = Object.entries(volumes).map(([mountPath, source], index) => ({
    mount: { name: `volume-${index}`, mountPath },
    volume: { name: `volume-${index}`, ...source },
  }));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: inNamespace(name, name),
    spec: {
      replicas: 1,
      // two at once would fight for memory, and each would have half of what came
      strategy: { type: 'Recreate' },
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      template: {
        metadata: {
          labels: labels(name),
          ...(part.annotations === undefined ? {} : { annotations: part.annotations }),
        },
        spec: {
          serviceAccountName: name,
          terminationGracePeriodSeconds: 10,
          nodeSelector: options.nodeSelector ?? { 'node-role.kubernetes.io/control-plane': '' },
          tolerations: options.tolerations ?? [
            { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' },
            // its name before Kubernetes 1.24
            { key: 'node-role.kubernetes.io/master', operator: 'Exists', effect: 'NoSchedule' },
          ],
          securityContext: { runAsNonRoot: true, runAsUser: part.user, fsGroup: part.user },
          containers: [
            {
              name,
              image: part.image,
              imagePullPolicy: 'IfNotPresent',
              args: part.args,
              env: Object.entries(part.env ?? {}).map(([key, value]) => ({ name: key, value })),
              ports: Object.entries(part.ports).map(([port, containerPort]) => ({
                name: port,
                containerPort,
              })),
              readinessProbe: { httpGet: part.ready, periodSeconds: 3, timeoutSeconds: 2 },
              resources: {
                requests: { cpu: '50m', memory: `${Math.floor(Number.parseInt(part.memory, 10) / 2)}Mi` },
                limits: { memory: part.memory },
              },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
              volumeMounts: mounts.map(({ mount }) => mount),
            },
          ],
          volumes: mounts.map(({ volume }) => volume),
        },
      },
    },
  };
}

function configMap(name: string, of: string, data: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: inNamespace(name, of), data };
}

function inNamespace(name: string, of: string): KubeObject['metadata'] {
  return { name, namespace: observabilityNamespace, labels: labels(of) };
}

function labels(name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'platform' };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
