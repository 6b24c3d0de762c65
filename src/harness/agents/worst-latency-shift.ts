import { heuristic, suspectsOf } from './heuristic.ts';
import { requestsOf } from './signals/requests.ts';

/** Blames whose answers have become slower by the greatest factor. */
export const worstLatencyShift = heuristic({
  name: 'worst-latency-shift',
  summary: 'names the workload whose mean latency grew by the greatest factor within the window',
  level: 'simple',
  evidence: 'metrics/http_server_request_duration_seconds_sum.tsv',
  async suspects(evidence) {
    const shifts = [...(await requestsOf(evidence))].flatMap(([entity, { early, late }]) => {
      if (early.requests < 5 || late.requests < 5) return [];
      const before = early.seconds / early.requests;
      const after = late.seconds / late.requests;
      return after - before < 0.01 ? [] : [[entity, after / before] as const];
    });
    return suspectsOf(
      shifts.filter(([, factor]) => factor >= 1.5),
      (factor) => `its mean latency is ${factor.toFixed(1)} times what it was`,
    );
  },
});
