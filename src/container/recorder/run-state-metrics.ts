import type { KubeClient } from '../../kube/client.ts';
import { StateMetrics, stateMetricKinds } from '../../kube/state-metrics.ts';
import { exposition } from './exposition.ts';
import { KindStore } from './kind-store.ts';
import { type Served, serve } from './serve.ts';

/** Serves the `kube_*` metrics of all objects on `/metrics`, as kube-state-metrics does. */
export async function runStateMetrics(settings: {
  readonly kube: KubeClient;
  readonly port: number;
  readonly log: (line: string) => void;
  /** Called when a watch ended for good; the process is to be started again. */
  readonly onFailure: () => void;
}): Promise<Served> {
  const { kube, port, log, onFailure } = settings;
  const stop = new AbortController();
  const objects = new KindStore(kube);
  const metrics = new StateMetrics();
  await objects.follow(stateMetricKinds, stop.signal, (kind, error) => {
    log(`the watch of ${kind} ended: ${error instanceof Error ? error.message : String(error)}`);
    onFailure();
  });
  const served = await serve(port, async (request, response) => {
    const isMetrics = request.url?.startsWith('/metrics') === true;
    const { emit, text } = exposition();
    if (isMetrics) metrics.scrape(objects.values(), emit);
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(isMetrics ? text() : 'ok\n');
  });
  log(`serving metrics on ${served.port}`);
  return {
    port: served.port,
    close() {
      stop.abort();
      return served.close();
    },
  };
}
