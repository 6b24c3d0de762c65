import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prometheusConfig } from '../../../src/cluster/live/prometheus-config.ts';
import { kubeletTargets, podTargets } from '../../../src/container/recorder/scrape-targets.ts';

const pod = (port: string, more: { phase?: string; scrape?: string } = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'cart-0',
    namespace: 'shop',
    labels: { 'app.kubernetes.io/name': 'cart', app: 'old' },
    annotations: { 'prometheus.io/scrape': more.scrape ?? 'true', 'prometheus.io/port': port },
  },
  spec: {
    containers: [
      { name: 'proxy', ports: [{ containerPort: 9000 }] },
      { name: 'cart', ports: [{ containerPort: Number(port) }] },
    ],
  },
  status: { podIP: '10.1.2.3', phase: more.phase ?? 'Running' },
});

const labels = { job: 'cart', service: 'cart', namespace: 'shop', pod: 'cart-0', container: 'cart' };

test('a pod is scraped where its annotations say, as the container that has the port', () => {
  expect(podTargets([pod('8080')], 'exporter:9187')).toEqual([
    {
      targets: ['10.1.2.3:8080'],
      labels: { ...labels, instance: '10.1.2.3:8080', __metrics_path__: '/metrics' },
    },
  ]);
});

test('a store is asked through the exporter, under the labels it would have with one beside it', () => {
  expect(podTargets([pod('5432')], 'exporter:9187')).toEqual([
    {
      targets: ['exporter:9187'],
      labels: {
        ...labels,
        instance: '10.1.2.3:9187',
        __metrics_path__: '/probe',
        __param_target: '10.1.2.3:5432',
      },
    },
  ]);
});

test('pods that do not want it, have not started or have ended are no targets', () => {
  const pods = [
    pod('8080', { scrape: 'false' }),
    ...['Pending', 'Succeeded', 'Failed'].map((phase) => pod('8080', { phase })),
  ];
  expect(podTargets(pods, 'exporter:9187')).toEqual([]);
});

test('a kubelet is asked for its own metrics and for those of containers, through the API server', () => {
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'worker' },
    status: { addresses: [{ type: 'InternalIP', address: '172.18.0.2' }] },
  };
  expect(kubeletTargets([node]).map((group) => group.labels)).toEqual(
    ['/metrics', '/metrics/cadvisor'].map((path) => ({
      job: 'kubelet',
      instance: '172.18.0.2:10250',
      metrics_path: path,
      node: 'worker',
      __metrics_path__: `/api/v1/nodes/worker/proxy${path}`,
    })),
  );
});

const hasPromtool = (() => {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!hasPromtool)('Prometheus takes the configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const file = join(folder, 'prometheus.yml');
  writeFileSync(
    file,
    prometheusConfig({
      scrapeInterval: '5s',
      evaluationInterval: '5s',
      ruleFiles: ['/etc/rules/*.yaml'],
      stateMetrics: 'kube-state-metrics:8080',
    }),
  );
  const said = execFileSync('promtool', ['check', 'config', '--syntax-only', file], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  expect(said).toContain('SUCCESS');
});
