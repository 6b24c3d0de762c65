/**
 * Entry of the process that keeps an embedded cluster running: virtual time follows the wall clock (times `speed`), the
 * Kubernetes API and Prometheus' API are served on loopback. Tells its parent over IPC how far it is, then lets go of it.
 */
import { atomicWrite } from '../../base/atomic-write.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { loadApplication } from '../../spec/load-application.ts';
import { loadProfile } from '../../spec/load-profile.ts';
import { clusterFiles, removeClusterState, writeClusterState } from '../cluster-state.ts';
import { handleControl } from '../control-protocol.ts';
import { serveApi } from './api/http-front-end.ts';
import { EmbeddedCluster } from './embedded-cluster.ts';
import { embeddedProvider } from './embedded-provider.ts';
import { serve as servePrometheus } from './prometheus/http.ts';

/** What `culprit cluster up` asks for. */
export interface ClusterProcessRequest {
  readonly name: string;
  readonly profile: string;
  /** Folder of the application. */
  readonly application: string;
  readonly requestsPerSecond?: number;
  readonly seed: number;
  readonly startMs: number;
  readonly speed: number;
  readonly port: number;
  readonly folder: string;
}

export type ClusterProcessMessage =
  | { readonly type: 'step'; readonly text: string }
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly message: string };

/** Real time between two pieces of virtual time; requests are answered in between. */
const tickMs = 20;
/** Virtual time before the wall clock's in which the application is brought up; deploying takes one to two minutes of it. */
const headStartMs = 300_000;
/** Most virtual time in one piece, so that a busy machine falls behind rather than stops answering. */
const largestPieceMs = 500;

process.on('message', (request: ClusterProcessRequest) => {
  run(request).catch((error: unknown) => {
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  });
});

function tell(message: ClusterProcessMessage): void {
  if (process.connected) process.send?.(message);
}

async function run(request: ClusterProcessRequest): Promise<void> {
  const { name, folder, speed } = request;
  const application = requireValid(await loadApplication(request.application));
  const { value: profile } = requireValid(await loadProfile(request.profile));
  tell({ type: 'step', text: `nodes and system pods (${profile.embedded?.kubernetesVersion})` });
  const cluster = await embeddedProvider.provision(profile, {
    seed: request.seed,
    startMs: request.startMs - headStartMs,
  });
  if (!(cluster instanceof EmbeddedCluster)) throw new Error('the embedded provider makes embedded clusters');
  tell({ type: 'step', text: `application ${application.name} and its load` });
  await cluster.deploy(application, {
    requestsPerSecond: request.requestsPerSecond ?? application.file.load.requestsPerSecond,
    traceSampling: 0.02,
  });
  // the two clocks agree when it begins to serve, so that kubectl, which counts ages by its own, shows what is so
  await cluster.clock.advance(Math.max(0, request.startMs - cluster.clock.nowMs()));
  const api = await serveApi(cluster.api, {
    port: request.port,
    name,
    beside: (method, path, body) => handleControl(cluster, method, path, body),
  });
  const prometheus = await servePrometheus((asked) => cluster.prometheusServer.handle(asked));
  const { kubeconfig } = clusterFiles(folder, name);
  await atomicWrite(kubeconfig, api.kubeconfig);
  await writeClusterState(folder, {
    name,
    provider: 'embedded',
    profile: request.profile,
    application: application.name,
    kubeconfig,
    server: api.url,
    prometheus: prometheus.url,
    speed,
    pid: process.pid,
  });
  let last = process.hrtime.bigint();
  const timer = setInterval(() => {
    const now = process.hrtime.bigint();
    const passedMs = (Number(now - last) / 1e6) * speed;
    last = now;
    void cluster.clock.advance(Math.min(passedMs, largestPieceMs));
  }, tickMs);
  const stop = () => {
    clearInterval(timer);
    void Promise.all([api.close(), prometheus.close(), removeClusterState(folder, name)]).then(() =>
      process.exit(0),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  tell({ type: 'ready' });
  process.disconnect?.();
}
