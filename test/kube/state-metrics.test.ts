import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/kube/objects.ts';
import { parseQuantity } from '../../src/kube/quantity.ts';
import { type MetricLabels, StateMetrics } from '../../src/kube/state-metrics.ts';

interface Emitted {
  readonly name: string;
  readonly labels: MetricLabels;
  readonly value: number;
}

function scrape(metrics: StateMetrics, ...objects: KubeObject[]): Emitted[] {
  const out: Emitted[] = [];
  metrics.scrape(objects, (name, labels, value) => out.push({ name, labels, value }));
  return out;
}

function pod(status: Record<string, unknown>, metadata: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'cart-7d9f-x2',
      namespace: 'shop',
      uid: 'u1',
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'cart-7d9f', uid: 'r1', controller: true },
      ],
      ...metadata,
    },
    spec: {
      nodeName: 'worker-1',
      containers: [{ name: 'cart', resources: { requests: { cpu: '250m' }, limits: { memory: '128Mi' } } }],
    },
    status,
  };
}

const running = pod({
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [{ name: 'cart', ready: true, restartCount: 0, state: { running: {} } }],
});
const crashing = pod({
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'False' }],
  containerStatuses: [
    {
      name: 'cart',
      ready: false,
      restartCount: 3,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
    },
  ],
});

describe('StateMetrics', () => {
  it('tells a pod that crashes from one that runs', () => {
    const named = (object: KubeObject): Record<string, number> =>
      Object.fromEntries(
        scrape(new StateMetrics(), object).map(({ name, labels, value }) => [
          `${name}${labels.reason === undefined ? '' : `{${labels.reason}}`}`,
          value,
        ]),
      );
    expect(named(running)).toMatchObject({
      kube_pod_status_ready: 1,
      kube_pod_container_status_running: 1,
      kube_pod_container_status_waiting: 0,
      kube_pod_container_resource_requests: 0.25,
      kube_pod_container_resource_limits: 134217728,
    });
    expect(named(crashing)).toMatchObject({
      kube_pod_status_ready: 0,
      kube_pod_container_status_restarts_total: 3,
      'kube_pod_container_status_waiting_reason{CrashLoopBackOff}': 1,
      'kube_pod_container_status_last_terminated_reason{OOMKilled}': 1,
      kube_pod_container_status_last_terminated_exitcode: 137,
    });
  });

  it('keeps the labels object of a series from scrape to scrape, also when the object changes', () => {
    const metrics = new StateMetrics();
    const find = (samples: Emitted[]): MetricLabels | undefined =>
      samples.find((sample) => sample.name === 'kube_pod_status_ready')?.labels;
    const first = find(scrape(metrics, running));
    expect(find(scrape(metrics, running))).toBe(first);
    expect(find(scrape(metrics, crashing))).toBe(first);
    expect(scrape(metrics)).toEqual([]);
    expect(find(scrape(metrics, running))).not.toBe(first);
  });

  it('gives every series of an object other labels or another name', () => {
    const samples = scrape(new StateMetrics(), running, crashing).slice(
      scrape(new StateMetrics(), running).length,
    );
    const identities = samples.map(({ name, labels }) => name + JSON.stringify(labels));
    expect(new Set(identities).size).toBe(identities.length);
  });

  it('says what a quota allows and what is used, in whole units', () => {
    const quota: KubeObject = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'compute', namespace: 'shop' },
      status: { hard: { 'limits.cpu': '1500m', pods: '20' }, used: { 'limits.cpu': '1', pods: '7' } },
    };
    expect(
      scrape(new StateMetrics(), quota).map(({ labels, value }) => [labels.type, labels.resource, value]),
    ).toEqual([
      ['hard', 'limits.cpu', 1.5],
      ['hard', 'pods', 20],
      ['used', 'limits.cpu', 1],
      ['used', 'pods', 7],
    ]);
  });

  it('says all three states of a node being ready', () => {
    const node: KubeObject = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'worker-1' },
      spec: { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }] },
      status: { conditions: [{ type: 'Ready', status: 'Unknown' }] },
    };
    const samples = scrape(new StateMetrics(), node);
    expect(
      samples.filter((s) => s.name === 'kube_node_status_condition').map((s) => [s.labels.status, s.value]),
    ).toEqual([
      ['true', 0],
      ['false', 0],
      ['unknown', 1],
    ]);
    expect(samples.find((s) => s.name === 'kube_node_spec_taint')?.labels.key).toBe(
      'node.kubernetes.io/unreachable',
    );
  });
});

describe('parseQuantity', () => {
  it.each([
    ['250m', 0.25],
    ['1', 1],
    ['1.5Gi', 1610612736],
    ['2k', 2000],
    ['1e3', 1000],
    ['100n', 1e-7],
    [4, 4],
    ['many', undefined],
    ['1Xi', undefined],
  ])('reads %s', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });
});
