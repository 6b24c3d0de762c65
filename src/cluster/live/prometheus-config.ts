import { stringify } from 'yaml';

export interface PrometheusConfigOptions {
  /** Prometheus durations: `15s`. */
  readonly scrapeInterval: string;
  readonly evaluationInterval: string;
  /** Paths of rule files in the container. */
  readonly ruleFiles: readonly string[];
  /** `host:port` of kube-state-metrics. */
  readonly stateMetrics: string;
  /** `host:port` of the exporter for stores (`/probe?target=`). */
  readonly storeExporter: string;
}

const token = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const ca = '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt';
const api = 'kubernetes.default.svc:443';
/** Ports of stores that do not speak HTTP, and those on which an exporter beside them would listen. */
const storePorts: Readonly<Record<string, string>> = { 5432: '9187', 6379: '9121', 4222: '7777' };

type Relabel = Readonly<Record<string, unknown>>;

const meta = (name: string) => `__meta_kubernetes_${name}`;
const keep = (label: string, regex: string): Relabel => ({ source_labels: [label], action: 'keep', regex });
const drop = (label: string, regex: string): Relabel => ({ source_labels: [label], action: 'drop', regex });
const set = (target_label: string, ...source_labels: string[]): Relabel => ({ source_labels, target_label });
const rewrite = (
  target_label: string,
  source_labels: readonly string[],
  regex: string,
  replacement: string,
): Relabel => ({ source_labels, separator: ';', regex, target_label, replacement });

/**
 * `prometheus.yml` for a cluster: pods by their `prometheus.io/*` annotations, kubelets and cAdvisor through the API
 * server, kube-state-metrics, stores through an exporter. Works on Prometheus 2.42 and 3.x. Labels are those that the
 * embedded cluster's Prometheus gives, so that rules and bundles read the same.
 */
export function prometheusConfig(options: PrometheusConfigOptions): string {
  const stores = Object.keys(storePorts).join('|');
  return stringify(
    {
      global: {
        scrape_interval: options.scrapeInterval,
        scrape_timeout: '10s',
        evaluation_interval: options.evaluationInterval,
      },
      rule_files: options.ruleFiles,
      scrape_configs: [
        {
          job_name: 'pods',
          kubernetes_sd_configs: [{ role: 'pod' }],
          relabel_configs: [
            ...annotatedPods(),
            drop(meta('pod_annotation_prometheus_io_port'), stores),
            rewrite('__metrics_path__', [meta('pod_annotation_prometheus_io_path')], '(.+)', '$1'),
            address('$1:$2'),
            ...podLabels(),
            set('instance', '__address__'),
          ],
        },
        {
          job_name: 'stores',
          metrics_path: '/probe',
          kubernetes_sd_configs: [{ role: 'pod' }],
          relabel_configs: [
            ...annotatedPods(),
            keep(meta('pod_annotation_prometheus_io_port'), stores),
            address('$1:$2'),
            set('__param_target', '__address__'),
            ...podLabels(),
            ...Object.entries(storePorts).map(([port, exporter]) =>
              rewrite('instance', ['__address__'], `(.+):${port}`, `$1:${exporter}`),
            ),
            { target_label: '__address__', replacement: options.storeExporter },
          ],
        },
        kubelets('/metrics', 'kubelet_(?:node_name|running_pods|running_containers)', []),
        kubelets('/metrics/cadvisor', cadvisorMetrics, [
          // cgroups that are no container's; the network belongs to the pod's sandbox
          {
            source_labels: ['__name__', 'container'],
            action: 'drop',
            regex: 'container_(?:cpu|memory|spec|start|oom)_.*;(?:POD)?',
          },
          ...['container', 'name', 'image'].map((target_label) => ({
            source_labels: ['__name__'],
            regex: 'container_network_.*',
            target_label,
            replacement: '',
          })),
        ]),
        {
          job_name: 'kube-state-metrics',
          static_configs: [{ targets: [options.stateMetrics] }],
        },
      ],
    },
    { lineWidth: 0 },
  );
}

const cadvisorMetrics =
  'machine_cpu_cores|machine_memory_bytes|container_(?:cpu_usage_seconds_total|memory_working_set_bytes|spec_memory_limit_bytes|spec_cpu_period|spec_cpu_quota|cpu_cfs_periods_total|cpu_cfs_throttled_periods_total|cpu_cfs_throttled_seconds_total|start_time_seconds|oom_events_total|network_receive_bytes_total|network_transmit_bytes_total)';

/** The container that has the annotated port, of pods that were started and have not ended. */
function annotatedPods(): Relabel[] {
  return [
    keep(meta('pod_annotation_prometheus_io_scrape'), 'true'),
    keep(meta('pod_phase'), 'Running|Unknown'),
    drop(meta('pod_container_init'), 'true'),
    {
      source_labels: [meta('pod_annotation_prometheus_io_port')],
      action: 'keepequal',
      target_label: meta('pod_container_port_number'),
    },
  ];
}

function address(replacement: string): Relabel {
  return rewrite(
    '__address__',
    [meta('pod_ip'), meta('pod_annotation_prometheus_io_port')],
    '(.+);(\\d+)',
    replacement,
  );
}

function podLabels(): Relabel[] {
  const service = [meta('pod_label_app'), meta('pod_label_app_kubernetes_io_name')];
  return [
    // the later label wins where a pod has both
    ...service.flatMap((label) => [
      rewrite('job', [label], '(.+)', '$1'),
      rewrite('service', [label], '(.+)', '$1'),
    ]),
    set('namespace', meta('namespace')),
    set('pod', meta('pod_name')),
    set('container', meta('pod_container_name')),
  ];
}

/** What kubelets serve, through the API server: it has their certificates, and nothing but it must be reachable. */
function kubelets(path: string, metrics: string, clean: readonly Relabel[]): object {
  return {
    job_name: `kubelet${path.slice('/metrics'.length).replace('/', '-')}`,
    scheme: 'https',
    authorization: { credentials_file: token },
    tls_config: { ca_file: ca },
    kubernetes_sd_configs: [{ role: 'node' }],
    relabel_configs: [
      rewrite('instance', [meta('node_address_InternalIP')], '(.+)', '$1:10250'),
      set('node', meta('node_name')),
      { target_label: 'job', replacement: 'kubelet' },
      { target_label: 'metrics_path', replacement: path },
      rewrite('__metrics_path__', [meta('node_name')], '(.+)', `/api/v1/nodes/$1/proxy${path}`),
      { target_label: '__address__', replacement: api },
    ],
    metric_relabel_configs: [keep('__name__', metrics), ...clean],
  };
}
