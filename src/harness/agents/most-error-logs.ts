import { add, heuristic, suspectsOf } from './heuristic.ts';
import { errorLinesOf } from './signals/error-lines.ts';

/** Blames who shouts most. */
export const mostErrorLogs = heuristic({
  name: 'most-error-logs',
  summary: 'names the workload with the most error lines in its logs',
  level: 'trivial',
  evidence: 'logs/',
  async suspects(evidence) {
    const lines = new Map<string, number>();
    for (const { entity } of await errorLinesOf(evidence)) add(lines, entity, 1);
    return suspectsOf(lines, (count) => `${count} error lines`);
  },
});
