import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { isNotFound } from '../../src/kube/errors.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import type { Application } from '../../src/spec/application.ts';
import { type Capability, capabilities } from '../../src/spec/capability.ts';
import { lastLook } from './last-look.ts';

export interface ClusterSubject {
  readonly cluster: Cluster;
  /** Deployed by the suite. */
  readonly application: Application;
  /** An image that runs without arguments until it is told to end. */
  readonly image: string;
  /** Capabilities that this provider is known not to have. */
  readonly missing?: readonly Capability[];
  /** A node whose loss the cluster survives; undefined: not tried. */
  readonly spareNode?: string;
}

// of this run: one that failed before may have left its own
const namespace = `conformance-${process.pid}`;

/** What every cluster provider promises. Times are of the cluster's clock. */
export function clusterConformance(
  name: string,
  setUp: () => Promise<ClusterSubject>,
  timeoutMs = 60_000,
): void {
  describe(`Cluster: ${name}`, { timeout: timeoutMs }, () => {
    let subject: ClusterSubject;
    let cluster: Cluster;
    beforeAll(async () => {
      subject = await setUp();
      cluster = subject.cluster;
    }, timeoutMs);
    afterAll(() => subject?.cluster[Symbol.asyncDispose]());

    const read = (
      apiVersion: string,
      kind: string,
      objectName: string,
      inNamespace: string | undefined = namespace,
    ) =>
      cluster.kube.get({
        apiVersion,
        kind,
        name: objectName,
        ...(inNamespace === undefined ? {} : { namespace: inNamespace }),
      });
    const readyNodes = async () =>
      (await cluster.kube.list({ apiVersion: 'v1', kind: 'Node' })).items
        .filter((node) => conditionOf(node, 'Ready') === 'True')
        .map((node) => node.metadata.name);

    test('lets time pass when asked to', async () => {
      const before = cluster.clock.nowMs();
      await cluster.clock.advance(1500);
      expect(cluster.clock.nowMs() - before).toBeGreaterThanOrEqual(1500);
      let asked = 0;
      expect(await cluster.clock.until(async () => ++asked === 3, 10_000, 500)).toBe(true);
      expect(asked).toBe(3);
      expect(await cluster.clock.until(async () => false, 1000, 250)).toBe(false);
    });

    test('has nodes that are ready, and a version', async () => {
      expect((await readyNodes()).length).toBeGreaterThan(0);
      expect((await cluster.kube.version()).gitVersion).toMatch(/^v1\.\d+/);
    });

    test('runs what is applied, serves it, and takes it away again', async () => {
      await cluster.kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      await cluster.kube.create(deployment(subject.image));
      await cluster.kube.create({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace },
        spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
      });
      const isUp = async () => {
        const { status = {} } = (await read('apps/v1', 'Deployment', 'web')) as {
          status?: { readyReplicas?: number };
        };
        return status.readyReplicas === 2;
      };
      expect(await cluster.clock.until(isUp, 120_000)).toBe(true);
      const endpoints = async () => {
        const slices = await cluster.kube.list(
          { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
          { namespace, labelSelector: 'kubernetes.io/service-name=web' },
        );
        return slices.items.flatMap((slice) => (slice['endpoints'] as unknown[] | null) ?? []).length;
      };
      expect(await cluster.clock.until(async () => (await endpoints()) === 2, 20_000)).toBe(true);
      await cluster.kube.delete({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'web' });
      const pods = async () =>
        (await cluster.kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace })).items;
      // a namespace whose pods take their time is looked at again after ever longer pauses
      expect(await cluster.clock.until(async () => (await pods()).length === 0, 120_000)).toBe(true);
      await cluster.kube.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
      const isGone = () =>
        read('v1', 'Namespace', namespace, undefined).then(
          () => false,
          (error: unknown) => isNotFound(error),
        );
      expect(await cluster.clock.until(isGone, 120_000)).toBe(true);
    });

    test('finds out what it can do by trying', async () => {
      const found = await cluster.probe();
      expect([...found.keys()].sort()).toEqual([...capabilities].sort());
      for (const [capability, { works, detail }] of found) {
        expect(detail).not.toBe('');
        expect(works, `${capability}: ${detail}`).toBe(!(subject.missing ?? []).includes(capability));
      }
    });

    test('deploys an application that is healthy, watched and used', async () => {
      const { application } = subject;
      /** Indicators without data, pods that are not ready, targets that do not answer. */
      const wrong = async () => {
        const silent: string[] = [];
        for (const { name: indicator, expression } of application.file.indicators) {
          const text = expression.replaceAll('$window', '30s');
          const [series] = await cluster.prometheus.query(text, cluster.clock.nowMs());
          if (!Number.isFinite(series?.values.at(-1)?.[1])) silent.push(indicator);
        }
        const { namespace: where } = application.file.edge;
        const { items } = await cluster.kube.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: where });
        expect(items.length).toBeGreaterThan(0);
        const unready = items.filter((pod) => conditionOf(pod, 'Ready') !== 'True');
        const down = await cluster.prometheus.query('up == 0', cluster.clock.nowMs());
        return [
          ...silent,
          ...unready.map(({ metadata }) => metadata.name),
          ...down.map(({ metric }) => metric),
        ];
      };
      await cluster.deploy(application, { requestsPerSecond: 5, traceSampling: 1 });
      const fromMs = cluster.clock.nowMs();
      await cluster.clock.advance(15_000);
      // indicators are rates: they need some scrapes
      expect(await lastLook(cluster.clock, wrong, ({ length }) => length === 0, 60_000, 5000)).toEqual([]);
      const toMs = cluster.clock.nowMs();
      let spans = 0;
      for await (const span of cluster.telemetry.spans(fromMs, toMs)) {
        expect(span.durationNs).toBeGreaterThanOrEqual(0);
        spans++;
      }
      expect(spans).toBeGreaterThan(50);
      let lines = 0;
      for await (const log of cluster.telemetry.logs(fromMs, toMs)) for await (const _ of log.lines) lines++;
      expect(lines).toBeGreaterThan(0);
      await cluster.load.setLoadFactor(2);
      expect(await cluster.load.loadFactor()).toBe(2);
      await cluster.load.setLoadFactor(1);
    });

    test('loses a node and gets it back', async ({ skip }) => {
      const { spareNode } = subject;
      if (spareNode === undefined) return skip('no node to spare');
      await cluster.nodes.stopNode(spareNode);
      expect(await cluster.clock.until(async () => !(await readyNodes()).includes(spareNode), 90_000)).toBe(
        true,
      );
      await cluster.nodes.startNode(spareNode);
      expect(await cluster.clock.until(async () => (await readyNodes()).includes(spareNode), 60_000)).toBe(
        true,
      );
    });
  });
}

function conditionOf(object: KubeObject, type: string): string | undefined {
  const { conditions = [] } = (object['status'] ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.find((one) => one.type === type)?.status;
}

function deployment(image: string): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          terminationGracePeriodSeconds: 2,
          containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }],
        },
      },
    },
  };
}
