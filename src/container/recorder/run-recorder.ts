import type { KubeClient } from '../../kube/client.ts';

export interface RecorderSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
  readonly kube: KubeClient | undefined;
  /** Resolves with the exit code when the process was told to end. */
  readonly stopped: Promise<number>;
}

/**
 * Runs one of the parts that watch a cluster, by the first argument, until it is told to end. Settings come from the
 * environment: STORAGE_PATH, STORAGE_LIMIT_MIB, PORT, READ_PORT, STORE_EXPORTER, PROMETHEUS_URL.
 */
export async function runRecorder(
  [mode]: readonly string[],
  { env, log, kube, stopped }: RecorderSurroundings,
): Promise<number> {
  const number = (name: string, otherwise: number) => Number(env[name] ?? otherwise);
  let fail: (code: number) => void = () => undefined;
  const failed = new Promise<number>((resolve) => {
    fail = resolve;
  });
  const parts: Readonly<Record<string, () => Promise<{ close(): Promise<void> }>>> = {
    async collector() {
      const { runCollector } = await import('./run-collector.ts');
      return runCollector({
        folder: env['STORAGE_PATH'] ?? '/var/lib/otelcol',
        maxBytes: number('STORAGE_LIMIT_MIB', 1024) * 2 ** 20,
        otlpPort: number('PORT', 4318),
        readPort: number('READ_PORT', 8888),
        kube,
        log,
      });
    },
    async 'state-metrics'() {
      const { runStateMetrics } = await import('./run-state-metrics.ts');
      return runStateMetrics({
        kube: inCluster(kube),
        port: number('PORT', 8080),
        storeExporter: env['STORE_EXPORTER'] ?? 'store-exporter:9187',
        log,
        onFailure: () => fail(1),
      });
    },
    async 'store-exporter'() {
      const { runStoreExporter } = await import('./run-store-exporter.ts');
      return runStoreExporter({ kube: inCluster(kube), port: number('PORT', 9187), log });
    },
    async 'resource-metrics'() {
      const { runResourceMetrics } = await import('../resource-metrics/run-resource-metrics.ts');
      return runResourceMetrics({
        kube: inCluster(kube),
        port: number('PORT', 6443),
        healthPort: number('HEALTH_PORT', 8080),
        prometheusUrl: env['PROMETHEUS_URL'] ?? 'http://prometheus:9090',
        log,
      });
    },
  };
  const start = parts[mode ?? ''];
  if (start === undefined) {
    log(`unknown mode "${mode ?? ''}"; known: ${Object.keys(parts).join(', ')}`);
    return 2;
  }
  const part = await start();
  const code = await Promise.race([stopped, failed]);
  await part.close();
  return code;
}

function inCluster(kube: KubeClient | undefined): KubeClient {
  if (kube === undefined) throw new Error('this needs the API of the cluster it runs in');
  return kube;
}
