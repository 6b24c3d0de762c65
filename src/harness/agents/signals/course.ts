import type { PublicBundle } from '../../../snapshot/public-reader.ts';
import { entitiesOf } from './entities.ts';
import { metricOf } from './metric.ts';
import { once } from './once.ts';

/** What was asked of a workload in one stretch of time. */
export interface Stretch {
  requests: number;
  failed: number;
  seconds: number;
}

/** Stretches the window is cut into. */
const stretches = 30;

/** Histograms, and whether they are kept by who is called or by who calls. */
const histograms = [
  { name: 'http_server_request_duration_seconds', side: 'answered' },
  { name: 'http_client_request_duration_seconds', side: 'called' },
  { name: 'db_client_operation_duration_seconds', side: 'called' },
] as const;

/**
 * How each workload fared over time, stretch by stretch: what it answered by its own metrics, and what became of calls
 * to it by those of its callers, for a store has no such metrics and one that cannot be reached answers nothing.
 */
export const coursesOf = once('courses', async (evidence: PublicBundle) => {
  const { ofPod, behind, outside } = await entitiesOf(evidence);
  const startMs = Date.parse(evidence.manifest.window.start);
  const endMs = Date.parse(evidence.manifest.window.end);
  const courses = { answered: new Map<string, Stretch[]>(), called: new Map<string, Stretch[]>() };
  const at = (side: keyof typeof courses, entity: string, timeMs: number) => {
    const course = courses[side].get(entity) ?? Array.from({ length: stretches }, nothing);
    courses[side].set(entity, course);
    const index = Math.floor((stretches * (timeMs - startMs)) / (endMs - startMs));
    return course[Math.min(stretches - 1, Math.max(0, index))];
  };
  for (const { name, side } of histograms)
    for (const kind of ['count', 'sum'] as const) {
      const { timesMs = [], rows = [] } = (await metricOf(evidence, `${name}_${kind}`)) ?? {};
      for (const { labels, values } of rows) {
        const { namespace, pod } = labels;
        const self = namespace && pod ? ofPod(namespace, pod) : undefined;
        const entity = side === 'answered' ? self : behind(labels['server_address'] ?? '', namespace);
        if (self === undefined || entity === undefined || outside.has(self)) continue;
        for (const [index, more] of increases(values)) {
          const stretch = at(side, entity, timesMs[index] ?? startMs);
          if (stretch === undefined) continue;
          if (kind === 'sum') stretch.seconds += more;
          else stretch.requests += more;
          if (kind === 'count' && isFailure(labels)) stretch.failed += more;
        }
      }
    }
  return courses;
});

function isFailure({ http_response_status_code: code, error_type: error }: Record<string, string>): boolean {
  return code ? code.startsWith('5') : Boolean(error);
}

/** How much a counter grew at each sample; a series that begins late, or anew, has counted from zero. */
function* increases(values: readonly (number | undefined)[]): Generator<readonly [number, number]> {
  let last: number | undefined;
  for (const [index, value] of values.entries()) {
    if (value === undefined || Number.isNaN(value)) continue;
    const more = last === undefined ? (index === 0 ? 0 : value) : value >= last ? value - last : value;
    last = value;
    if (more > 0) yield [index, more];
  }
}

function nothing(): Stretch {
  return { requests: 0, failed: 0, seconds: 0 };
}
