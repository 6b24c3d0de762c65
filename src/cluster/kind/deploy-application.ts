import { setTimeout as sleep } from 'node:timers/promises';
import { OperationError } from '../../base/errors.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { Application } from '../../spec/application.ts';
import type { PrometheusClient } from '../cluster.ts';
import { lacksResourceMetrics } from '../live/lacks-resource-metrics.ts';
import {
  observabilityNamespace,
  observabilityObjects,
  resourceMetricsApi,
} from '../live/observability-objects.ts';
import { applyObjects } from './apply-objects.ts';
import type { KindSettings } from './kind-settings.ts';
import { type AppliedVersions, LiveObjects } from './live-objects.ts';
import type { KindLoadControl } from './load-control.ts';
import { resetNodes } from './nodes.ts';
import {
  deleteEvents,
  deleteForeignObjects,
  deleteOldReplicaSets,
  deleteRestartedPods,
  deleteUsedPods,
} from './reset-application.ts';
import { observabilityImages } from './wanted-images.ts';
import { waitUntilReady } from './workload-readiness.ts';

export interface DeployApplicationOptions {
  readonly kube: KubeClient;
  readonly prometheus: PrometheusClient;
  readonly load: KindLoadControl;
  readonly application: Application;
  readonly settings: KindSettings;
  /** Names of images that stand for others than before: their pods are made anew. */
  readonly replaced: ReadonlySet<string>;
  /** What this process applied before. */
  readonly applied: AppliedVersions;
  readonly requestsPerSecond: number;
  readonly traceSampling: number;
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal;
}

const deployTimeoutMs = 600_000;
/** So many workloads start at the same time: two cores and forty processes that all want to be first end in time-outs. */
const waveSize = 6;

/**
 * Puts an application, what watches it and its users into a cluster, or back to what the manifests say where it is there
 * already; returns when everything is ready and no alert fires that is not always on.
 */
export async function deployApplication(options: DeployApplicationOptions): Promise<void> {
  const { kube, application, settings, onStep, signal } = options;
  const { namespaces, load } = application.file;
  const owned = namespaces.filter((name) => name !== observabilityNamespace);
  const isReset = await isThere(kube, application);
  const isWorkload = ({ kind }: KubeObject) => kind === 'Deployment' || kind === 'StatefulSet';
  const isUsers = ({ kind, metadata }: KubeObject) =>
    kind === 'Deployment' && metadata.namespace === load.namespace && metadata.name === load.workload;
  let last = '';
  const wait = (where: readonly string[]) =>
    waitUntilReady(kube, where, {
      timeoutMs: deployTimeoutMs,
      ...(signal ? { signal } : {}),
      onProgress: (done, all, unfinished) => {
        const which = unfinished.length > 0 && unfinished.length <= 2 ? `; ${unfinished.join('; ')}` : '';
        const text = `${done} of ${all} workloads are ready${which}`;
        if (text !== last) onStep(text);
        last = text;
      },
    });

  onStep(isReset ? `putting ${application.name} back` : `deploying ${application.name}`);
  const users = {
    requestsPerSecond: options.requestsPerSecond * settings.loadShare,
    factor: 1,
    traceSampling: options.traceSampling,
  };
  // users of a busy evening would only be in the way
  if (isReset) await options.load.tell(users).catch(() => undefined);
  await resetNodes(kube);
  const live = await LiveObjects.list(kube);
  const known = { live, applied: options.applied };
  const isAutoscaler = ({ kind }: KubeObject) => kind === 'HorizontalPodAutoscaler';
  await applyObjects(
    kube,
    application.manifests.filter((object) => !isWorkload(object) && (isReset || !isAutoscaler(object))),
    known,
  );
  const ownResourceMetrics = await lacksResourceMetrics(kube);
  await applyObjects(
    kube,
    observabilityObjects({
      images: observabilityImages(application),
      rules: application.rules,
      scrapeInterval: settings.scrapeInterval,
      evaluationInterval: settings.evaluationInterval,
      resourceMetrics: ownResourceMetrics,
    }),
    known,
  );
  if (isReset) await deleteForeignObjects(kube, live, application.manifests, owned);
  const workloads = application.manifests.filter((object) => isWorkload(object) && !isUsers(object));
  const [stores, services] = [
    workloads.filter(({ kind }) => kind === 'StatefulSet'),
    workloads.filter(({ kind }) => kind === 'Deployment'),
  ];
  if (isReset) {
    if (ownResourceMetrics) await applyObjects(kube, [resourceMetricsApi], known);
    await applyObjects(kube, workloads, known);
    onStep(`${await deleteUsedPods(kube, namespaces, options.replaced)} pods are made anew`);
  } else {
    await applyObjects(kube, stores);
    await wait([observabilityNamespace, ...owned]);
    if (ownResourceMetrics) await applyObjects(kube, [resourceMetricsApi]);
    for (let from = 0; from < services.length; from += waveSize) {
      await applyObjects(kube, services.slice(from, from + waveSize));
      await wait(owned);
    }
    // without metrics of pods they want zero of them, and an alert tells of it for a minute
    await applyObjects(kube, application.manifests.filter(isAutoscaler));
  }
  await wait([observabilityNamespace, ...owned]);
  // nothing may look as if it had been through something: what fell over while others started begins again
  for (let round = 0; round < 5 && (await deleteRestartedPods(kube, owned)) > 0; round++) await wait(owned);

  await applyObjects(kube, application.manifests.filter(isUsers), known);
  await wait([load.namespace]);
  await options.load.tell(users);
  if (isReset) {
    await deleteOldReplicaSets(kube, owned);
    // what it remembers of an earlier world would go on alerting
    await forget(kube);
    await wait([observabilityNamespace]);
  }
  await waitUntilQuiet(options);
  if (isReset) await deleteEvents(kube, [...owned, 'default', 'kube-system']);
  // from here on users do the same in every world, so that a world and its twin can be compared
  await options.load.tell({ originMs: Date.now() });
  onStep(`${application.name} is healthy`);
}

async function isThere(kube: KubeClient, { file }: Application): Promise<boolean> {
  const { items } = await kube.list(
    { apiVersion: 'apps/v1', kind: 'Deployment' },
    { namespace: file.edge.namespace },
  );
  return items.length > 0;
}

/** A new Prometheus pod begins with an empty store. */
async function forget(kube: KubeClient): Promise<void> {
  const { items } = await kube.list(
    { apiVersion: 'v1', kind: 'Pod' },
    { namespace: observabilityNamespace, labelSelector: 'app.kubernetes.io/name=prometheus' },
  );
  for (const { metadata } of items)
    await kube.delete(
      { apiVersion: 'v1', kind: 'Pod', namespace: observabilityNamespace, name: metadata.name },
      { gracePeriodSeconds: 0 },
    );
}

/** Until everything is scraped, users are answered, and nothing fires but what always does. */
async function waitUntilQuiet(options: DeployApplicationOptions): Promise<void> {
  const { prometheus, application, onStep, signal } = options;
  const standing = new Set(application.file.standingAlerts ?? []);
  const query = async (expression: string) => prometheus.query(expression, Date.now());
  let last = '';
  for (const deadline = Date.now() + deployTimeoutMs; Date.now() < deadline; ) {
    const unquiet = await lookAtAlerts().catch((error: unknown) => [
      `Prometheus: ${(error as Error).message}`,
    ]);
    if (unquiet.length === 0) return;
    const text = unquiet.join(', ');
    if (text !== last) onStep(`waiting for ${text.length > 160 ? `${text.slice(0, 160)}…` : text}`);
    last = text;
    await sleep(2000, undefined, signal ? { signal } : {});
  }
  throw new OperationError(
    'deploy-unquiet',
    `${application.name} is ready and does not become quiet: ${last}`,
    {
      hint: 'the machine may be too slow for this load: lower kindCluster.loadShare',
    },
  );

  async function lookAtAlerts(): Promise<string[]> {
    const targets = await query('up');
    if (targets.length === 0) return ['the first scrape'];
    const down = targets.filter(({ values }) => values.at(-1)?.[1] === 0);
    const firing = await query('ALERTS{alertstate="firing"}');
    const names = firing.map(({ metric }) => metric['alertname'] ?? '').filter((name) => !standing.has(name));
    return [
      ...down.map(({ metric }) => `${metric['pod'] ?? metric['job'] ?? '?'} to be scraped`),
      ...new Set(names.map((name) => `${name} to end`)),
    ];
  }
}
