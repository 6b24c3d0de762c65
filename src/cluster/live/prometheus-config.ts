import { stringify } from 'yaml';

export interface PrometheusConfigOptions {
  /** Prometheus durations: `15s`. */
  readonly scrapeInterval: string;
  readonly evaluationInterval: string;
  /** Paths of rule files in the container. */
  readonly ruleFiles: readonly string[];
  /** `host:port` of kube-state-metrics, which also tells what there is to scrape. */
  readonly stateMetrics: string;
}

const account = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * `prometheus.yml` for a cluster: pods by their `prometheus.io/*` annotations, stores through an exporter, kubelets and
 * cAdvisor through the API server, kube-state-metrics. Targets come by HTTP discovery with the labels they are to have
 * (see scrape-targets.ts), for some distributions build Prometheus without its Kubernetes discovery. Works on
 * Prometheus 2.28 and newer, and on 3.x.
 */
export function prometheusConfig(options: PrometheusConfigOptions): string {
  const discovery = (path: string) => [
    { url: `http://${options.stateMetrics}/targets/${path}`, refresh_interval: '5s' },
  ];
  return stringify(
    {
      global: {
        scrape_interval: options.scrapeInterval,
        scrape_timeout: shorter(options.scrapeInterval),
        evaluation_interval: options.evaluationInterval,
      },
      rule_files: options.ruleFiles,
      scrape_configs: [
        { job_name: 'pods', http_sd_configs: discovery('pods') },
        {
          job_name: 'kubelets',
          scheme: 'https',
          authorization: { credentials_file: `${account}/token` },
          tls_config: { ca_file: `${account}/ca.crt` },
          http_sd_configs: discovery('kubelets'),
          metric_relabel_configs: [
            { source_labels: ['__name__'], action: 'keep', regex: kubeletMetrics },
            // cgroups that are no container's; the network belongs to the pod's sandbox
            {
              source_labels: ['__name__', 'container'],
              action: 'drop',
              regex: 'container_(?:cpu|memory|spec|start|oom)_.*;(?:POD)?',
            },
            {
              source_labels: ['__name__', 'namespace'],
              action: 'drop',
              regex: 'container_network_.*;',
            },
            ...['container', 'name', 'image'].map((target_label) => ({
              source_labels: ['__name__'],
              regex: 'container_network_.*',
              target_label,
              replacement: '',
            })),
          ],
        },
        {
          job_name: 'kube-state-metrics',
          static_configs: [{ targets: [options.stateMetrics] }],
        },
      ],
    },
    { lineWidth: 0 },
  );
}

const kubeletMetrics = [
  'kubelet_(?:node_name|running_pods|running_containers)',
  'machine_(?:cpu_cores|memory_bytes)',
  'container_(?:cpu_usage_seconds_total|memory_working_set_bytes|start_time_seconds|oom_events_total)',
  'container_spec_(?:memory_limit_bytes|cpu_period|cpu_quota)',
  'container_cpu_cfs_(?:periods|throttled_periods|throttled_seconds)_total',
  'container_network_(?:receive|transmit)_bytes_total',
].join('|');

/** A scrape may take ten seconds, but not longer than until the next. */
function shorter(interval: string): string {
  const seconds = /^(\d+)s$/.exec(interval)?.[1];
  return seconds !== undefined && Number(seconds) < 10 ? interval : '10s';
}
