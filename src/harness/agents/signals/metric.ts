import type { MetricTable } from '../../../snapshot/metric-table.ts';
import type { PublicBundle } from '../../../snapshot/public-reader.ts';
import { once } from './once.ts';

/** A metric's table, read once however many signals are made of it; undefined if the bundle has none. */
export async function metricOf(evidence: PublicBundle, name: string): Promise<MetricTable | undefined> {
  return once(`metric ${name}`, async () =>
    (await evidence.metricNames()).includes(name) ? evidence.metric(name) : undefined,
  )(evidence);
}
