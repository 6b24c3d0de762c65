import { canonicalJson } from '../base/json.ts';
import type { Series } from '../spec/telemetry.ts';

/** Series that are left out because they repeat what stands elsewhere; `reason` is told to the reader. */
export interface MetricPolicy {
  readonly metric: RegExp;
  /** `all`: the metric; `never-one`: series of a one-hot metric that were 0 all the time; `idle-histogram`: below. */
  readonly leaveOut: 'all' | 'never-one' | 'idle-histogram';
  readonly reason: string;
}

/** The first policy whose pattern matches decides. A zero is evidence: only what is told elsewhere may go. */
export const metricPolicies: readonly MetricPolicy[] = [
  { metric: /^ALERTS(_FOR_STATE)?$/, leaveOut: 'all', reason: 'state changes of alerts are in alerts.jsonl' },
  {
    metric: /^kube_.*_(?:metadata_resource_version|metadata_generation|observed_generation)$/,
    leaveOut: 'all',
    reason: 'bookkeeping of the API server',
  },
  {
    metric: /^kube_.*_(?:labels|annotations|created)$/,
    leaveOut: 'all',
    reason: 'labels and times of creation are in objects.jsonl',
  },
  {
    metric:
      /^kube_(?:pod_status_phase|pod_status_ready|pod_status_scheduled|node_status_condition|.*_status_condition|pod_status_reason|pod_container_status_.*_reason)$/,
    leaveOut: 'never-one',
    reason: 'of the states of one thing, those it never was in are left out',
  },
  {
    metric: /_bucket$/,
    leaveOut: 'idle-histogram',
    reason: 'buckets of a histogram that counted nothing in the window are left out; _count and _sum stay',
  },
  { metric: /^scrape_/, leaveOut: 'all', reason: 'about Prometheus itself' },
];

/** The policy of a metric, if it has one. */
function policyOf(name: string): MetricPolicy | undefined {
  return metricPolicies.find((policy) => policy.metric.test(name));
}

/** The series of a metric that go into a bundle. */
export function selectSeries(name: string, series: readonly Series[]): readonly Series[] {
  const policy = policyOf(name);
  switch (policy?.leaveOut) {
    case undefined:
      return series;
    case 'all':
      return [];
    case 'never-one':
      return series.filter(({ values }) => values.some(([, value]) => value !== 0));
    case 'idle-histogram': {
      const groups = Map.groupBy(series, ({ metric }) => canonicalJson({ ...metric, le: undefined }));
      return [...groups.values()].filter((group) => group.some(({ values }) => changed(values))).flat();
    }
  }
}

function changed(values: Series['values']): boolean {
  const first = values[0]?.[1];
  return values.some(([, value]) => value !== first);
}
