import type { KubeClient } from '../../kube/client.ts';
import { StateMetrics, stateMetricKinds } from '../../kube/state-metrics.ts';
import { exposition } from './exposition.ts';
import { KindStore } from './kind-store.ts';
import { kubeletTargets, podTargets } from './scrape-targets.ts';
import { type Served, serve } from './serve.ts';

/**
 * Serves the `kube_*` metrics of all objects on `/metrics`, as kube-state-metrics does, and on `/targets/pods` and
 * `/targets/kubelets` what there is to scrape, for Prometheus' HTTP discovery.
 */
export async function runStateMetrics(settings: {
  readonly kube: KubeClient;
  readonly port: number;
  /** `host:port` of the exporter through which stores are scraped. */
  readonly storeExporter: string;
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
  const pages: Readonly<Record<string, () => { type: string; text: string }>> = {
    '/metrics'() {
      const { emit, text } = exposition();
      metrics.scrape(objects.values(), emit);
      return { type: 'text/plain; version=0.0.4', text: text() };
    },
    '/targets/pods': () => json(podTargets(objects.values(), settings.storeExporter)),
    '/targets/kubelets': () => json(kubeletTargets(objects.values())),
    '/': () => ({ type: 'text/plain', text: 'ok\n' }),
  };
  const served = await serve(port, async (request, response) => {
    const page = pages[(request.url ?? '/').split('?')[0] ?? '/']?.();
    if (page === undefined) response.writeHead(404).end('not found\n');
    else response.writeHead(200, { 'content-type': page.type }).end(page.text);
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

function json(value: unknown): { type: string; text: string } {
  return { type: 'application/json', text: JSON.stringify(value) };
}
