import type { PublicBundle } from '../../../snapshot/public-reader.ts';
import { entitiesOf } from './entities.ts';
import { once } from './once.ts';
import { spansOf } from './spans.ts';

/** What was asked of a workload in one stretch of time. */
export interface Stretch {
  requests: number;
  failed: number;
  seconds: number;
}

/** Stretches the window is cut into. */
const stretches = 30;

/**
 * How each workload fared over time, stretch by stretch: what it answered by its own metrics, and what became of calls
 * to it by the spans of its callers, for a store has no such metrics and one that is gone answers nothing.
 */
export const coursesOf = once('courses', async (evidence: PublicBundle) => {
  const { ofPod } = await entitiesOf(evidence);
  const startMs = Date.parse(evidence.manifest.window.start);
  const endMs = Date.parse(evidence.manifest.window.end);
  const answered = new Map<string, Stretch[]>();
  const called = new Map<string, Stretch[]>();
  const at = (courses: Map<string, Stretch[]>, entity: string, timeMs: number) => {
    const course = courses.get(entity) ?? Array.from({ length: stretches }, nothing);
    courses.set(entity, course);
    const index = Math.floor((stretches * (timeMs - startMs)) / (endMs - startMs));
    return course[Math.min(stretches - 1, Math.max(0, index))];
  };
  const names = await evidence.metricNames();
  for (const kind of ['count', 'sum'] as const) {
    const name = `http_server_request_duration_seconds_${kind}`;
    if (!names.includes(name)) continue;
    const { timesMs, rows } = await evidence.metric(name);
    for (const { labels, values } of rows) {
      const { namespace, pod, http_response_status_code: code } = labels;
      if (!namespace || !pod) continue;
      const entity = ofPod(namespace, pod);
      let last: number | undefined;
      for (const [index, value] of values.entries()) {
        if (value === undefined || Number.isNaN(value)) continue;
        const more = last === undefined ? 0 : value >= last ? value - last : value;
        last = value;
        const stretch = more > 0 ? at(answered, entity, timesMs[index] ?? startMs) : undefined;
        if (stretch === undefined) continue;
        if (kind === 'sum') stretch.seconds += more;
        else stretch.requests += more;
        if (kind === 'count' && code?.startsWith('5')) stretch.failed += more;
      }
    }
  }
  for (const { entity, callee, failed, startMs: timeMs, seconds } of await spansOf(evidence)) {
    const stretch = callee === undefined || callee === entity ? undefined : at(called, callee, timeMs);
    if (stretch === undefined) continue;
    stretch.requests++;
    stretch.seconds += seconds;
    if (failed) stretch.failed++;
  }
  return { answered, called };
});

function nothing(): Stretch {
  return { requests: 0, failed: 0, seconds: 0 };
}
