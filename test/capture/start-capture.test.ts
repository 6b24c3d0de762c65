import { describe, expect, it } from 'vitest';
import { startCapture } from '../../src/capture/start-capture.ts';
import type { Series } from '../../src/cluster/cluster.ts';
import type { Application } from '../../src/spec/application.ts';
import { FakeKube, fakeCluster } from '../helpers/fake-cluster.ts';
import { checkout, event, object, ownedBy, span, window } from '../helpers/recording.ts';

const application = { name: 'shop', rules: 'groups: []\n' } as Application;

function pod(state: object, restartCount = 0) {
  return object(
    'shop/Pod/checkout-6d5f8c7b9d-x2x4z',
    { status: { containerStatuses: [{ name: 'checkout', restartCount, state, lastState: {} }] } },
    { ...ownedBy('ReplicaSet', 'checkout-6d5f8c7b9d'), labels: { app: 'checkout' } },
  );
}

describe('a capture', () => {
  it('records last states, changes, container states and Events, also of what is gone', async () => {
    const kube = new FakeKube(['Deployment', 'Pod', 'Secret', 'Lease']);
    const secret = (value: string) =>
      object('shop/Secret/db', { data: { password: Buffer.from(value).toString('base64') } });
    const deployment = object(checkout, { spec: { replicas: 2 } });
    kube.put(deployment);
    kube.put(pod({ running: {} }));
    kube.put(secret('first-secret'));
    const old = kube.put(event('shop/Pod/x', 'BackOff', 'Back-off', window.startMs, 3));
    const capture = await startCapture(fakeCluster(kube, {}, {}), application);

    kube.nowMs = window.incidentMs;
    kube.put(secret('second-secret'));
    kube.put({ ...deployment, metadata: { ...deployment.metadata, managedFields: [] } });
    kube.put({ ...deployment, spec: { replicas: 3 } });
    kube.put(pod({ waiting: { reason: 'CrashLoopBackOff' } }, 1));
    kube.put({ ...old, count: 5 });
    const fleeting = object('shop/Pod/checkout-6d5f8c7b9d-fleet');
    kube.put(fleeting);
    kube.put(object('shop/Lease/x'));
    kube.nowMs = window.endMs;
    kube.remove(fleeting);
    kube.remove(kube.put(event('shop/Pod/y', 'Killing', 'Stopping', window.endMs)));
    const recording = await capture.finish(window);

    expect(
      recording.objects.map(({ object: { kind, metadata }, deletedMs }) => [kind, metadata.name, deletedMs]),
    ).toEqual([
      ['Deployment', 'checkout', undefined],
      ['Pod', 'checkout-6d5f8c7b9d-fleet', window.endMs],
      ['Pod', 'checkout-6d5f8c7b9d-x2x4z', undefined],
      ['Secret', 'db', undefined],
    ]);
    expect(recording.changes.map(({ verb, ref, patch }) => [verb, ref.kind, patch])).toEqual([
      ['update', 'Secret', [{ op: 'replace', path: '/data/password', value: 'c2Vjb25kLXNlY3JldA==' }]],
      ['update', 'Deployment', [{ op: 'replace', path: '/spec/replicas', value: 3 }]],
      [
        'update',
        'Pod',
        expect.arrayContaining([
          {
            op: 'add',
            path: '/status/containerStatuses/0/state/waiting',
            value: { reason: 'CrashLoopBackOff' },
          },
        ]),
      ],
      ['create', 'Pod', [expect.objectContaining({ op: 'add', path: '' })]],
      ['delete', 'Pod', []],
    ]);
    expect(recording.containerStates).toMatchObject([
      { timeMs: window.startMs, state: 'running', restartCount: 0 },
      { timeMs: window.incidentMs, state: 'waiting', reason: 'CrashLoopBackOff', restartCount: 1 },
    ]);
    expect(recording.events.map((one) => [one['reason'], one['count']])).toEqual([
      ['BackOff', 5],
      ['Killing', 1],
    ]);
    expect(recording.eventOccurrences).toMatchObject([
      { timeMs: window.incidentMs, delta: 2 },
      { timeMs: window.endMs, delta: 1 },
    ]);
    expect(recording.secretValues).toEqual(['first-secret', 'second-secret']);
  });

  it('tells when alerts changed, with their annotations and values', async () => {
    const rule = {
      type: 'alerting',
      name: 'HighErrorRatio',
      query: 'errors > 0.05',
      labels: { severity: 'critical' },
      annotations: {
        summary: '{{ $labels.service }} fails {{ $value | humanizePercentage }}',
        odd: '{{ query "x" }}',
      },
    };
    const last = Math.floor(window.endMs / 1000);
    const metric = { service: 'checkout' };
    const during = (from: number, to: number, value: number) =>
      Array.from({ length: 41 }, (_, step) => last - step * 15)
        .reverse()
        .filter((seconds) => last - seconds >= to && last - seconds <= from)
        .map((seconds) => [seconds, value] as const);
    const alert = (alertstate: string, values: Series['values']): Series => ({
      metric: { __name__: 'ALERTS', alertname: rule.name, alertstate, severity: 'critical', ...metric },
      values,
    });
    const prometheus = {
      rules: async () => ({ status: 'success', data: { groups: [{ interval: 15, rules: [rule] }] } }),
      queryRange: async (expression: string): Promise<Series[]> =>
        expression === 'ALERTS'
          ? [alert('pending', during(300, 240, 1)), alert('firing', during(225, 60, 1))]
          : [{ metric, values: during(600, 0, 0.25) }],
    };
    const capture = await startCapture(fakeCluster(new FakeKube([]), prometheus, {}), application);
    const { alerts } = await capture.finish(window);
    const at = (secondsBeforeEnd: number) => (last - secondsBeforeEnd) * 1000;
    expect(alerts).toEqual([
      expect.objectContaining({ timeMs: at(300), state: 'pending', value: 0.25 }),
      {
        timeMs: at(225),
        state: 'firing',
        name: 'HighErrorRatio',
        labels: { severity: 'critical', service: 'checkout' },
        annotations: { summary: 'checkout fails 25%', odd: '{{ query "x" }}' },
        value: 0.25,
      },
      expect.objectContaining({ timeMs: at(45), state: 'inactive', value: undefined }),
    ]);
  });

  it('sees services, calls and what was called in vain', async () => {
    const kube = new FakeKube(['Service', 'Pod']);
    kube.put(object('shop/Service/redis', { spec: { selector: { app: 'redis' } } }));
    kube.put(
      object('shop/Pod/redis-0', {}, { labels: { app: 'redis' }, ...ownedBy('StatefulSet', 'redis') }),
    );
    const client = (spanId: string, attributes: Record<string, string>) =>
      span('checkout', 1, { kind: 'CLIENT', spanId, parentSpanId: 'checkout-1', attributes });
    const spans = async function* () {
      yield span('payment', 1, { parentSpanId: 'c1' });
      yield client('c1', { 'server.address': 'payment' });
      yield client('c2', { 'server.address': 'redis.shop.svc', 'db.system.name': 'redis' });
      yield client('c3', { 'server.address': '10.0.0.7' });
      yield span('checkout', 1);
    };
    const capture = await startCapture(fakeCluster(kube, {}, { spans }), application);
    const { topology } = await capture.finish(window);
    expect(topology.calls).toEqual([
      { from: 'checkout', to: 'payment', protocol: 'http', count: 1 },
      { from: 'checkout', to: 'redis', protocol: 'redis', count: 1 },
    ]);
    expect(topology.services).toContainEqual({
      name: 'redis',
      namespace: 'shop',
      workload: 'shop/StatefulSet/redis',
      selector: { app: 'redis' },
      pods: ['redis-0'],
    });
  });

  it('says which watch is broken', async () => {
    const kube = new FakeKube(['Pod']);
    const cluster = fakeCluster(kube, {}, {});
    const client = {
      ...cluster.kube,
      // biome-ignore lint/correctness/useYield: it fails before it could
      watch: async function* () {
        throw new Error('connection reset');
      },
    };
    const capture = await startCapture({ ...cluster, kube: client }, application);
    kube.put(object('shop/Pod/new'));
    await expect(capture.finish(window)).rejects.toMatchObject({ code: 'watch-failed' });
  });
});
