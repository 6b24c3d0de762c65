import { byCodeUnit } from '../base/order.ts';
import type { PrometheusClient } from '../cluster/cluster.ts';
import type { MetricRecording } from './recording.ts';

/**
 * Samples of every metric in the window, one metric at a time, sorted by name. Times are whole seconds, `stepMs` apart,
 * the last one the window's end rounded down.
 */
export async function* metricRecordings(
  prometheus: PrometheusClient,
  startMs: number,
  endMs: number,
  stepMs: number,
): AsyncGenerator<MetricRecording> {
  const names = new Set<string>();
  for (const labels of await prometheus.series(['{__name__=~".+"}'], startMs, endMs))
    if (labels.__name__) names.add(labels.__name__);
  const lastMs = Math.floor(endMs / 1000) * 1000;
  const firstMs = lastMs - Math.floor((lastMs - startMs) / stepMs) * stepMs;
  for (const name of [...names].sort(byCodeUnit)) {
    const selector = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) ? name : `{${JSON.stringify(name)}}`;
    yield { name, series: await prometheus.queryRange(selector, firstMs, lastMs, stepMs) };
  }
}
