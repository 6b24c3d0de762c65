import { add, heuristic, suspectsOf } from './heuristic.ts';
import { entitiesOf } from './signals/entities.ts';
import { increase } from './signals/requests.ts';

const metric = 'kube_pod_container_status_restarts_total';

/** Blames what restarts. */
export const mostRestarts = heuristic({
  name: 'most-restarts',
  summary: 'names the workload whose containers restarted most often in the window',
  level: 'trivial',
  evidence: `metrics/${metric}.tsv`,
  async suspects(evidence) {
    const { ofPod } = await entitiesOf(evidence);
    const restarts = new Map<string, number>();
    const rows = (await evidence.metricNames()).includes(metric) ? (await evidence.metric(metric)).rows : [];
    for (const { labels, values } of rows)
      if (labels['namespace'] && labels['pod'])
        add(restarts, ofPod(labels['namespace'], labels['pod']), increase(values, 0, values.length - 1));
    return suspectsOf(restarts, (count) => `${count} restarts`);
  },
});
