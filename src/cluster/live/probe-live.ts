import { CulpritError } from '../../base/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Capability } from '../../spec/capability.ts';
import type { ClusterClock, LoadControl, PrometheusClient } from '../cluster.ts';
import { type Finding, probeNetwork } from './probe-network.ts';
import type { ProbeImage } from './probe-pods.ts';

export interface LiveProbeOptions {
  readonly kube: KubeClient;
  readonly clock: ClusterClock;
  readonly prometheus: PrometheusClient;
  /** What the two pods run; `undefined`: no pods are made, and what needs them is told as not tried. */
  readonly image: ProbeImage | undefined;
  /** An existing namespace for the pods; default: one of their own. */
  readonly namespace?: string;
  /** Tries whether nodes can be stopped, without stopping one; throws where they cannot. Answers what was seen. */
  readonly tryNodeControl: () => Promise<string>;
  /** The load; a getter may throw where there is none. */
  readonly load: () => LoadControl;
}

/** A sample older than this does not count as flowing. */
const freshMs = 60_000;

/** Finds out by trying what a real cluster can do. Leaves nothing behind. */
export async function probeLive(options: LiveProbeOptions): Promise<ReadonlyMap<Capability, Finding>> {
  const { image, namespace } = options;
  const notTried = { works: false, detail: 'not tried: there is no namespace or image for two pods' };
  const network =
    image === undefined
      ? { networkPolicy: notTried, dns: notTried }
      : await probeNetwork({ ...options, image, ...(namespace === undefined ? {} : { namespace }) });
  return new Map<Capability, Finding>([
    ['network-policy', network.networkPolicy],
    ['dns', network.dns],
    ['metrics', await seen(() => metricsFlow(options))],
    ['hpa-metrics', await seen(() => resourceMetrics(options))],
    ['node-control', await seen(async () => ({ works: true, detail: await options.tryNodeControl() }))],
    ['load-control', await seen(() => loadControl(options))],
  ]);
}

async function metricsFlow({ prometheus, clock }: LiveProbeOptions): Promise<Finding> {
  let detail = 'Prometheus has no container metrics';
  // a Prometheus that has just started needs two scrapes
  const works = await clock.until(
    async () => {
      const newest = await prometheus.query(
        'max(timestamp(container_memory_working_set_bytes{container!=""}))',
        clock.nowMs(),
      );
      const seconds = newest[0]?.values[0]?.[1];
      if (seconds === undefined) return false;
      const ageMs = clock.nowMs() - seconds * 1000;
      detail = `the newest container metrics are ${Math.max(0, ageMs / 1000).toFixed(0)} s old`;
      return ageMs < freshMs;
    },
    45_000,
    3000,
  );
  return { works, detail };
}

async function resourceMetrics({ kube }: LiveProbeOptions): Promise<Finding> {
  const resources = await kube.resources();
  const metrics = resources.find(
    ({ apiVersion, kind }) => apiVersion.startsWith('metrics.k8s.io/') && kind === 'PodMetrics',
  );
  if (metrics === undefined)
    return { works: false, detail: 'metrics.k8s.io is not served (no metrics-server)' };
  const { items } = await kube.list(metrics);
  return {
    works: items.length > 0,
    detail: `${metrics.apiVersion} has usage of ${items.length} pods`,
  };
}

async function loadControl({ load }: LiveProbeOptions): Promise<Finding> {
  const control = load();
  const factor = await control.loadFactor();
  await control.setLoadFactor(factor);
  return { works: true, detail: `the load factor is ${factor} and can be set` };
}

/** What is refused, or fails, does not work; why is what was seen. */
async function seen(look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    if (!CulpritError.isInstance(error)) throw error;
    return { works: false, detail: error.message };
  }
}
