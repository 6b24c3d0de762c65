import { byCodeUnit } from '../base/order.ts';
import type { PrometheusClient } from '../cluster/cluster.ts';
import type { MetricRecording } from './recording.ts';

/** The times of samples: whole seconds, `stepMs` apart, the last one the window's end rounded down. */
export function metricTimes(startMs: number, endMs: number, stepMs: number): readonly number[] {
  const times: number[] = [];
  for (let timeMs = Math.floor(endMs / 1000) * 1000; timeMs >= startMs; timeMs -= stepMs) times.push(timeMs);
  return times.reverse();
}

/**
 * Samples of every metric at these times, one metric at a time, sorted by name; so many are asked for ahead, where
 * questions travel.
 */
export async function* metricRecordings(
  prometheus: PrometheusClient,
  timesMs: readonly number[],
  stepMs: number,
  ahead = 0,
): AsyncGenerator<MetricRecording> {
  const [firstMs, lastMs] = [timesMs[0], timesMs.at(-1)];
  if (firstMs === undefined || lastMs === undefined) return;
  const names = new Set<string>();
  for (const labels of await prometheus.series(['{__name__=~".+"}'], firstMs, lastMs))
    if (labels['__name__']) names.add(labels['__name__']);
  const waiting = [...names].sort(byCodeUnit);
  const asked: Promise<MetricRecording>[] = [];
  const ask = async (name: string): Promise<MetricRecording> => {
    const selector = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) ? name : `{${JSON.stringify(name)}}`;
    return { name, series: await prometheus.queryRange(selector, firstMs, lastMs, stepMs) };
  };
  for (;;) {
    for (let name = waiting[0]; name !== undefined && asked.length <= ahead; name = waiting[0]) {
      waiting.shift();
      const answer = ask(name);
      // told when its turn comes, also if somebody stops listening before
      answer.catch(() => undefined);
      asked.push(answer);
    }
    const next = asked.shift();
    if (next === undefined) return;
    yield await next;
  }
}
