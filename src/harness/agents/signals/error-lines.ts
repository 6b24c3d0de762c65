import type { PublicBundle } from '../../../snapshot/public-reader.ts';
import { entitiesOf } from './entities.ts';
import { once } from './once.ts';

/** Words and numbers that logging libraries use for what has failed. */
const error =
  /"level":\s*(?:"(?:error|fatal|critical|panic)"|"(?:ERROR|FATAL|CRITICAL|PANIC)"|[56]0\b)|\blevel=(?:error|fatal|critical|panic)|(?:^|[\s[|])(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC|Error|Traceback)\b/;

/** A line in which a workload says that something has failed. */
export interface ErrorLine {
  /** Whose log it stands in. */
  readonly entity: string;
  readonly namespace: string;
  /** RFC 3339, as it stands there. */
  readonly time: string;
  readonly text: string;
}

/** Error lines of all logs without those of synthetic users, file by file. */
export const errorLinesOf = once('error-lines', async (evidence: PublicBundle) => {
  const { ofPod, outside } = await entitiesOf(evidence);
  const lines: ErrorLine[] = [];
  for (const file of await evidence.logFiles()) {
    const entity = ofPod(file.namespace, file.pod);
    if (outside.has(entity)) continue;
    for await (const { time, text } of evidence.log(file))
      if (error.test(text)) lines.push({ entity, namespace: file.namespace, time, text });
  }
  return lines;
});
