import { StateMetrics, stateMetricKinds } from '../../../kube/state-metrics.ts';
import { resourceDefinitions } from '../api/resources.ts';
import type { ScrapeTarget, Store } from '../contracts.ts';

/** kube-state-metrics as a scrape target over the store. */
export function stateMetricsTarget(store: Store): ScrapeTarget {
  const metrics = new StateMetrics();
  const keys = resourceDefinitions
    .filter(({ kind }) => stateMetricKinds.includes(kind))
    .map(({ key }) => key);
  function* objects() {
    for (const key of keys) yield* store.list(key);
  }
  return {
    labels: { job: 'kube-state-metrics', instance: 'kube-state-metrics.observability.svc:8080' },
    scrape(emit) {
      metrics.scrape(objects(), emit);
      return true;
    },
  };
}
