import { heuristic, suspectsOf } from './heuristic.ts';
import { requestsOf } from './signals/requests.ts';

/** Blames who answers the greatest share of requests with a server error at the end. */
export const worstErrorRatio = heuristic({
  name: 'worst-error-ratio',
  summary: 'names the workload with the greatest share of server errors at the end of the window',
  level: 'simple',
  evidence: 'metrics/http_server_request_duration_seconds_count.tsv',
  async suspects(evidence) {
    const ratios = [...(await requestsOf(evidence))].map(
      ([entity, { late }]) => [entity, late.requests < 5 ? 0 : late.serverErrors / late.requests] as const,
    );
    return suspectsOf(
      ratios.filter(([, ratio]) => ratio >= 0.01),
      (ratio) => `${(100 * ratio).toFixed(1)} % of its answers are server errors`,
    );
  },
});
