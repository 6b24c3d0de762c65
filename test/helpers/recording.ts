import type { AlertChange, MetricRecording, RecordedObject, Recording } from '../../src/capture/recording.ts';
import type { ContainerLog, Series, Span } from '../../src/cluster/cluster.ts';
import type { BundleTruth } from '../../src/snapshot/private/truth.ts';
import type { KubeObject } from '../../src/spec/kube-types.ts';

/** A window of ten minutes with the incident in its second half. */
export const window = {
  startMs: Date.parse('2026-03-04T05:00:00.123Z'),
  incidentMs: Date.parse('2026-03-04T05:05:00.456Z'),
  endMs: Date.parse('2026-03-04T05:10:00.789Z'),
};

export const seed = '00112233445566778899aabbccddeeff';

/** An object by entity name. */
export function object(
  entity: string,
  fields: Record<string, unknown> = {},
  metadata: object = {},
): KubeObject {
  const [namespace = '', kind = '', name = ''] = entity.split('/');
  return {
    apiVersion: 'v1',
    kind,
    metadata: {
      name,
      ...(namespace === 'cluster' ? {} : { namespace }),
      uid: `uid-of-${name}`,
      resourceVersion: '4711',
      creationTimestamp: '2026-03-01T00:00:00Z',
      managedFields: [{ manager: 'kubectl-edit', time: '2026-03-04T05:05:00Z' }],
      ...metadata,
    },
    ...fields,
  };
}

export function ownedBy(kind: string, name: string): object {
  return {
    ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: `uid-of-${name}`, controller: true }],
  };
}

export function event(about: string, reason: string, message: string, lastMs: number, count = 1): KubeObject {
  const [namespace = '', kind = '', name = ''] = about.split('/');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${reason.toLowerCase()}`, namespace, resourceVersion: '99' },
    involvedObject: { kind, namespace, name, resourceVersion: '98' },
    reason,
    message,
    type: 'Warning',
    count,
    lastTimestamp: `${new Date(lastMs).toISOString().slice(0, 19)}Z`,
  };
}

export function span(service: string, index: number, fields: Partial<Span> = {}): Span {
  return {
    traceId: `trace${String(index).padStart(6, '0')}`,
    spanId: `${service}-${index}`,
    parentSpanId: undefined,
    name: 'GET /cart',
    kind: 'SERVER',
    startMs: window.startMs + index * 100,
    durationNs: 1_500_000,
    resource: {
      'service.name': service,
      'k8s.namespace.name': 'shop',
      'k8s.pod.name': `${service}-6d5f8c7b9d-x2x4z`,
    },
    attributes: { 'http.response.status_code': 200 },
    status: 'UNSET',
    ...fields,
  };
}

/** A counter of one series: `perSecond` by time. */
export function counter(
  metric: Record<string, string>,
  perSecond: (timeMs: number) => number,
  stepMs = 30_000,
): Series {
  const values: (readonly [number, number])[] = [];
  let total = 0;
  for (let timeMs = window.startMs; timeMs <= window.endMs; timeMs += stepMs) {
    values.push([Math.round(timeMs) / 1000, total]);
    total += (perSecond(timeMs) * stepMs) / 1000;
  }
  return { metric, values };
}

export const checkout = 'shop/Deployment/checkout';
export const pod = 'checkout-6d5f8c7b9d-x2x4z';

const defaultObjects: readonly RecordedObject[] = [
  {
    object: object(
      'shop/Pod/checkout-6d5f8c7b9d-x2x4z',
      { status: { phase: 'Running' } },
      ownedBy('ReplicaSet', 'checkout-6d5f8c7b9d'),
    ),
  },
  {
    object: object(checkout, { spec: { replicas: 2 }, status: { availableReplicas: 1 } }, { generation: 4 }),
  },
  { object: object('shop/ReplicaSet/checkout-6d5f8c7b9d', {}, ownedBy('Deployment', 'checkout')) },
  { object: object('shop/NetworkPolicy/checkout', { spec: { podSelector: {} } }, { generation: 2 }) },
  { object: object('cluster/Namespace/shop') },
  {
    object: object('shop/Pod/checkout-6d5f8c7b9d-gone1', {}, ownedBy('ReplicaSet', 'checkout-6d5f8c7b9d')),
    deletedMs: window.incidentMs + 1000,
  },
];

/** A small recording; whatever is given replaces the default. Streams give the same every time they are asked. */
export function buildRecording(
  parts: Partial<Omit<Recording, 'metrics' | 'spans' | 'logs'>> & {
    readonly series?: readonly MetricRecording[];
    readonly spanList?: readonly Span[];
    readonly logList?: readonly ContainerLog[];
  } = {},
): Recording {
  const { series, spanList, logList, ...rest } = parts;
  const alert: AlertChange = {
    timeMs: window.incidentMs + 60_000,
    state: 'firing',
    name: 'HighErrorRatio',
    labels: { service: 'checkout', severity: 'critical' },
    annotations: { summary: 'checkout fails' },
    value: 0.5,
  };
  return {
    window,
    application: 'shop',
    provider: 'embedded',
    objects: defaultObjects,
    changes: [
      {
        timeMs: window.incidentMs,
        verb: 'update',
        ref: {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          namespace: 'shop',
          name: 'checkout',
        },
        patch: [
          { op: 'replace', path: '/metadata/generation', value: 2 },
          { op: 'remove', path: '/spec/ingress/0' },
        ],
        resourceVersion: '5000',
      },
    ],
    events: [event(`shop/Pod/${pod}`, 'Unhealthy', 'Readiness probe failed', window.incidentMs + 5000, 3)],
    alerts: [alert],
    rules: 'groups: []\n',
    topology: {
      services: [
        {
          name: 'checkout',
          namespace: 'shop',
          workload: checkout,
          selector: { app: 'checkout' },
          pods: [pod],
        },
      ],
      calls: [{ from: 'frontend', to: 'checkout', protocol: 'http', count: 2 }],
    },
    losses: {},
    ...rest,
    metrics: async function* () {
      yield* series ?? [
        { name: 'up', series: [counter({ __name__: 'up', job: 'checkout', namespace: 'shop' }, () => 1)] },
      ];
    },
    spans: async function* () {
      yield* spanList ?? [span('checkout', 2), span('frontend', 1)];
    },
    logs: async function* () {
      yield* logList ?? [
        {
          namespace: 'shop',
          pod,
          container: 'checkout',
          lines: [{ timeMs: window.startMs + 1.25, text: 'level=info msg="started"' }],
        },
      ];
    },
  };
}

export const truth: BundleTruth = {
  groundTruth: {
    rootCauses: [
      {
        entity: 'shop/NetworkPolicy/checkout',
        accepted: [],
        fault: 'network-policy-deny',
        mechanism: 'ingress from frontend denied',
        summary: 'the policy lost a peer',
      },
    ],
    symptoms: [{ entity: checkout, signals: ['HighErrorRatio'] }],
    distractors: [],
    triggers: [],
    propagation: [],
  },
  plan: { scenario: 'test', operations: [] },
  effects: { proved: true },
  provenance: { scenario: 'test', version: '0.1.0' },
};
