import type { PublicBundle } from '../../../snapshot/public-reader.ts';
import { entitiesOf } from './entities.ts';
import { metricOf } from './metric.ts';
import { once } from './once.ts';

/** What a workload answered in a part of the window. */
export interface Answered {
  requests: number;
  serverErrors: number;
  seconds: number;
}

/** The first and the last three tenths of the window: where the incident began is not known. */
export interface BeforeAndAfter {
  readonly early: Answered;
  readonly late: Answered;
}

const part = 0.3;

/** HTTP requests that workloads answered, from their own metrics. */
export const requestsOf = once('requests', async (evidence: PublicBundle) => {
  const { ofPod } = await entitiesOf(evidence);
  const byEntity = new Map<string, BeforeAndAfter>();
  for (const kind of ['count', 'sum'] as const) {
    const name = `http_server_request_duration_seconds_${kind}`;
    for (const { labels, values } of (await metricOf(evidence, name))?.rows ?? []) {
      const { namespace, pod, http_response_status_code: code } = labels;
      if (!namespace || !pod) continue;
      const entity = ofPod(namespace, pod);
      const known = byEntity.get(entity) ?? { early: nothing(), late: nothing() };
      byEntity.set(entity, known);
      const cut = Math.floor(values.length * part);
      for (const [answered, from, to] of [
        [known.early, 0, cut],
        [known.late, values.length - 1 - cut, values.length - 1],
      ] as const) {
        const more = increase(values, from, to);
        if (kind === 'sum') answered.seconds += more;
        else answered.requests += more;
        if (kind === 'count' && code?.startsWith('5')) answered.serverErrors += more;
      }
    }
  }
  return byEntity;
});

/** How much a counter grew between two of its samples; a fall is a restart from zero. */
export function increase(values: readonly (number | undefined)[], from: number, to: number): number {
  let grown = 0;
  // a series that begins inside the span has counted from zero
  let last = values[from] ?? (values.slice(0, from).some((value) => value !== undefined) ? undefined : 0);
  for (let at = from + 1; at <= to; at++) {
    const value = values[at];
    if (value === undefined || Number.isNaN(value)) continue;
    if (last !== undefined) grown += value >= last ? value - last : value;
    last = value;
  }
  return grown;
}

function nothing(): Answered {
  return { requests: 0, serverErrors: 0, seconds: 0 };
}
