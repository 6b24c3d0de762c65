import type { Cluster } from '../cluster/cluster.ts';
import type { Application } from '../spec/application.ts';
import { alertTimeline } from './alert-timeline.ts';
import { EventCollector } from './event-collector.ts';
import { KindWatch } from './kind-watch.ts';
import { metricRecordings, metricTimes } from './metric-recordings.ts';
import { watchedKinds } from './noise.ts';
import { ObjectCollector } from './object-collector.ts';
import type { Recording } from './recording.ts';
import { observeTopology } from './topology.ts';

export interface CaptureOptions {
  /** Distance of metric samples. Default 30 s. */
  readonly metricStepMs?: number;
}

/** Watches that run. */
export interface Capture {
  /**
   * Waits until every watch knows what the API server knows, ends them, and answers what there was in the window.
   * Metrics, spans and logs are read from the cluster when they are asked for: it has to live as long as the recording.
   */
  finish(window: Recording['window']): Promise<Recording>;
  /** Ends the watches; also where nothing was finished. */
  stop(): Promise<void>;
}

/** Begins to watch every kind worth watching, and Events. When it returns, nothing that happens is missed. */
export async function startCapture(
  cluster: Cluster,
  application: Application,
  options: CaptureOptions = {},
): Promise<Capture> {
  const { kube, prometheus, telemetry } = cluster;
  const objects = new ObjectCollector();
  const events = new EventCollector();
  const watches = watchedKinds(await kube.resources()).map((kind) => new KindWatch(kube, kind, objects));
  watches.push(new KindWatch(kube, { apiVersion: 'v1', kind: 'Event' }, events));
  const stop = async () => {
    await Promise.all(watches.map((watch) => watch.stop()));
  };
  try {
    for (const watch of watches) await watch.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    stop,
    async finish(window) {
      const { startMs, endMs } = window;
      try {
        const quietMs = cluster.provider === 'embedded' ? 0 : 500;
        await Promise.all(watches.map((watch) => watch.catchUp(quietMs)));
      } finally {
        await stop();
      }
      const recorded = objects.objects(startMs);
      const stepMs = options.metricStepMs ?? 30_000;
      const timesMs = metricTimes(startMs, endMs, stepMs);
      const spans = () => telemetry.spans(startMs, endMs);
      return {
        window,
        application: application.name,
        provider: cluster.provider,
        objects: recorded,
        changes: objects.changes(startMs, endMs),
        events: events.events(startMs),
        alerts: await alertTimeline(prometheus, startMs, endMs),
        rules: application.rules,
        topology: await observeTopology(
          spans(),
          recorded.map(({ object }) => object),
        ),
        metrics: () => metricRecordings(prometheus, timesMs, stepMs, cluster.provider === 'embedded' ? 0 : 5),
        metricTimesMs: timesMs,
        spans,
        logs: () => telemetry.logs(startMs, endMs),
        losses: await telemetry.losses(),
        containerStates: objects.containerStates(startMs, endMs),
        eventOccurrences: events.occurrences(startMs, endMs),
        secretValues: objects.secretValues(),
      };
    },
  };
}
