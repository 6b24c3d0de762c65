import { add, heuristic, suspectsOf } from './heuristic.ts';
import { entitiesOf } from './signals/entities.ts';

/** Words and numbers that logging libraries use for what has failed. */
const error =
  /"level":\s*(?:"(?:error|fatal|critical|panic)"|"(?:ERROR|FATAL|CRITICAL|PANIC)"|[56]0\b)|\blevel=(?:error|fatal|critical|panic)|(?:^|[\s[|])(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC|Error|Traceback)\b/;

/** Blames who shouts most. */
export const mostErrorLogs = heuristic({
  name: 'most-error-logs',
  summary: 'names the workload with the most error lines in its logs',
  level: 'trivial',
  evidence: 'logs/',
  async suspects(evidence) {
    const { ofPod, outside } = await entitiesOf(evidence);
    const lines = new Map<string, number>();
    for (const file of await evidence.logFiles()) {
      const entity = ofPod(file.namespace, file.pod);
      if (outside.has(entity)) continue;
      let count = 0;
      for await (const { text } of evidence.log(file)) if (error.test(text)) count++;
      add(lines, entity, count);
    }
    return suspectsOf(lines, (count) => `${count} error lines`);
  },
});
