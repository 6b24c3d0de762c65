import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import type { KubeClient } from '../../kube/client.ts';
import { type ApiAnswer, MetricsApi } from './metrics-api.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';
import { prometheusUsage } from './usage.ts';

/**
 * Serves `metrics.k8s.io` on `port` (HTTPS, for the API server's aggregation) out of what Prometheus knows, as
 * prometheus-adapter does; plain HTTP on `healthPort` for probes.
 */
export async function runResourceMetrics(settings: {
  readonly kube: KubeClient;
  readonly port: number;
  readonly healthPort: number;
  readonly prometheusUrl: string;
  readonly log: (line: string) => void;
}): Promise<{ close(): Promise<void> }> {
  const { kube, log } = settings;
  const api = new MetricsApi(kube, prometheusUsage(settings.prometheusUrl), Date.now);
  const answer = async (url: URL): Promise<ApiAnswer> => {
    try {
      return await api.answer(url.pathname, url.searchParams);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log(`${url.pathname}: ${message}`);
      return {
        status: 503,
        body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code: 503 },
      };
    }
  };
  const certificate = selfSignedCertificate('prometheus-adapter', Date.now());
  const server = createServer(certificate, (request, response) => {
    void answer(new URL(request.url ?? '/', 'https://localhost')).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  const health = createHttpServer((_request, response) => void response.end('ok\n'));
  await new Promise<void>((resolve) => server.listen(settings.port, resolve));
  await new Promise<void>((resolve) => health.listen(settings.healthPort, resolve));
  log(`serving metrics.k8s.io on ${settings.port}`);
  return {
    async close() {
      for (const open of [server, health]) {
        open.close();
        open.closeAllConnections();
      }
    },
  };
}
