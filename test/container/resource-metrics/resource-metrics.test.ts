import { X509Certificate } from 'node:crypto';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { MetricsApi } from '../../../src/container/resource-metrics/metrics-api.ts';
import { selfSignedCertificate } from '../../../src/container/resource-metrics/self-signed-certificate.ts';
import { prometheusUsage } from '../../../src/container/resource-metrics/usage.ts';
import type { KubeClient, ListOptions } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';

const nowMs = Date.UTC(2026, 10, 23, 5);

it('a certificate of our own is one that a server can use', async () => {
  const { cert, key } = selfSignedCertificate('adapter', nowMs);
  const read = new X509Certificate(cert);
  expect(read.subject).toBe('CN=adapter');
  expect(read.verify(read.publicKey)).toBe(true);
  expect(Date.parse(read.validFrom)).toBeLessThan(nowMs);
  expect(Date.parse(read.validTo)).toBeGreaterThan(nowMs + 9 * 365 * 86_400_000);
  const server = createServer({ cert, key }, (_request, response) => void response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const text = await new Promise<string>((resolve, reject) => {
    request({ port, host: '127.0.0.1', ca: cert, checkServerIdentity: () => undefined }, (response) => {
      response.setEncoding('utf8').on('data', resolve);
    })
      .on('error', reject)
      .end();
  });
  server.close();
  expect(text).toBe('hello');
});

const pod = (namespace: string, name: string, labels: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels },
});
const pods = [
  pod('storefront', 'cart-1', { app: 'cart' }),
  pod('storefront', 'ads-1', { app: 'ads' }),
  pod('storefront', 'new-1', { app: 'cart' }),
];

/** A server that knows three pods and a Prometheus that has seen two of them, and one that is gone. */
function api(): { readonly api: MetricsApi; readonly asked: string[] } {
  const asked: string[] = [];
  const kube: Pick<KubeClient, 'list'> = {
    async list(_kind, options: ListOptions = {}) {
      const app = /^app=(\w+)$/.exec(options.labelSelector ?? '')?.[1];
      const items = pods.filter(
        ({ metadata }) =>
          (options.namespace === undefined || metadata.namespace === options.namespace) &&
          (app === undefined || metadata.labels?.['app'] === app),
      );
      return { items, resourceVersion: '1' };
    },
  };
  const ask = async (url: string | URL | Request): Promise<Response> => {
    const query = new URL(String(url)).searchParams.get('query') ?? '';
    asked.push(query);
    const isCpu = query.includes('cpu_usage');
    const labels = query.includes('(node)')
      ? [{ node: 'worker' }]
      : ['cart-1', 'ads-1', 'gone-1'].map((name) => ({ pod: name, container: 'app' }));
    const result = labels.map((metric) => ({ metric, value: [0, isCpu ? '0.0125' : '52428800'] }));
    return Response.json({ status: 'success', data: { result } });
  };
  return {
    api: new MetricsApi(kube, prometheusUsage('http://prometheus:9090', ask as typeof fetch), () => nowMs),
    asked,
  };
}

const root = '/apis/metrics.k8s.io/v1beta1';
const names = (body: unknown) => (body as { items: KubeObject[] }).items.map(({ metadata }) => metadata.name);

it('autoscalers are told what the pods of a selector use', async () => {
  const { api: metrics, asked } = api();
  const answer = await metrics.answer(
    `${root}/namespaces/storefront/pods`,
    new URLSearchParams({ labelSelector: 'app=cart' }),
  );
  expect(answer).toEqual({
    status: 200,
    body: {
      kind: 'PodMetricsList',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {},
      items: [
        {
          kind: 'PodMetrics',
          apiVersion: 'metrics.k8s.io/v1beta1',
          metadata: { name: 'cart-1', namespace: 'storefront', labels: { app: 'cart' } },
          timestamp: '2026-11-23T05:00:00Z',
          window: '60s',
          containers: [{ name: 'app', usage: { cpu: '12500000n', memory: '51200Ki' } }],
        },
      ],
    },
  });
  await metrics.answer(`${root}/namespaces/storefront/pods`, new URLSearchParams());
  expect(asked).toHaveLength(2);
});

it('one pod, all pods, nodes, and what is served', async () => {
  const { api: metrics } = api();
  const ask = async (path: string) => await metrics.answer(path, new URLSearchParams());
  expect(names((await ask(`${root}/pods`)).body)).toEqual(['cart-1', 'ads-1']);
  expect((await ask(`${root}/namespaces/storefront/pods/ads-1`)).status).toBe(200);
  expect((await ask(`${root}/namespaces/storefront/pods/gone-1`)).status).toBe(404);
  expect(names((await ask(`${root}/nodes`)).body)).toEqual(['worker']);
  expect((await ask(root)).body).toMatchObject({ kind: 'APIResourceList' });
  expect((await ask('/apis/apps/v1')).status).toBe(404);
});
