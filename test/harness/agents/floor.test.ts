import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { AlertChange, RecordedObject } from '../../../src/capture/recording.ts';
import type { ContainerLog, Series, Span } from '../../../src/cluster/cluster.ts';
import { floorSolvers } from '../../../src/harness/agents/floor.ts';
import { increase } from '../../../src/harness/agents/signals/requests.ts';
import { loadTask } from '../../../src/harness/load-task.ts';
import { buildRecording, counter, event, object, ownedBy, span, window } from '../../helpers/recording.ts';
import { smallBundle } from '../../helpers/small-bundle.ts';
import { temporaryFolder } from '../../helpers/small-scenario.ts';

/** Every workload of this world stands out in one kind of evidence and in no other. */
const workloads = [
  'loud',
  'first',
  'warned',
  'shouting',
  'failing',
  'slow',
  'restarted',
  'rolled',
  'sick',
  'bottom',
  'sudden',
];
const podOf = (name: string) => `${name}-6d5f8c7b9d-x2x4z`;
const deployment = (name: string) => `shop/Deployment/${name}`;

const objects: RecordedObject[] = workloads.flatMap((name) => {
  const envFrom = name === 'bottom' ? [{ configMapRef: { name: 'bottom-settings' } }] : [];
  const replicas = {
    spec: { replicas: 1, template: { spec: { containers: [{ name, envFrom }] } } },
    status: { availableReplicas: name === 'sick' ? 0 : 1 },
  };
  const condition = (type: string, lastTransitionTime: string) => ({
    type,
    status: 'True',
    lastTransitionTime,
  });
  const changed = name === 'rolled' ? '2026-03-04T05:09:00Z' : '2026-03-01T00:00:00Z';
  return [
    { object: object(deployment(name), replicas) },
    { object: object(`shop/ReplicaSet/${name}-6d5f8c7b9d`, {}, ownedBy('Deployment', name)) },
    {
      object: object(
        `shop/Pod/${podOf(name)}`,
        { status: { phase: 'Running', conditions: [condition('Ready', changed)] } },
        ownedBy('ReplicaSet', `${name}-6d5f8c7b9d`),
      ),
    },
  ];
});
objects.push(
  { object: object('shop/NetworkPolicy/new', {}, { creationTimestamp: '2026-03-04T05:06:00Z' }) },
  { object: object('shop/ConfigMap/bottom-settings', { data: { ROUNDING: 'up' } }) },
  { object: object('shop/ResourceQuota/compute') },
);

const alert = (name: string, service: string, afterMs: number): AlertChange => ({
  timeMs: window.incidentMs + afterMs,
  state: 'firing',
  name,
  labels: { namespace: 'shop', service, severity: 'warning' },
  annotations: {},
  value: 1,
});
const alerts: AlertChange[] = [
  { ...alert('Standing', 'slow', 0), timeMs: window.startMs },
  { ...alert('Standing', 'slow', 1), state: 'inactive' },
  alert('A', 'first', 10_000),
  alert('A', 'loud', 20_000),
  alert('B', 'loud', 30_000),
];

const labels = (name: string, more: Record<string, string> = {}) => ({
  namespace: 'shop',
  pod: podOf(name),
  service: name,
  ...more,
});
const isLate = (timeMs: number) => timeMs > window.incidentMs;
const metric = (name: string, series: readonly Series[]) => ({ name, series });
const request = 'http_server_request_duration_seconds';
const series = [
  metric(`${request}_count`, [
    counter(
      { __name__: `${request}_count`, ...labels('failing', { http_response_status_code: '200' }) },
      () => 1,
    ),
    counter(
      { __name__: `${request}_count`, ...labels('failing', { http_response_status_code: '503' }) },
      (timeMs) => (isLate(timeMs) ? 1 : 0),
    ),
    counter(
      { __name__: `${request}_count`, ...labels('sudden', { http_response_status_code: '200' }) },
      () => 1,
    ),
    counter(
      { __name__: `${request}_count`, ...labels('sudden', { http_response_status_code: '500' }) },
      (timeMs) => (isLate(timeMs + 90_000) ? 0.3 : 0),
    ),
    counter(
      { __name__: `${request}_count`, ...labels('slow', { http_response_status_code: '200' }) },
      () => 1,
    ),
  ]),
  metric(`${request}_sum`, [
    counter({ __name__: `${request}_sum`, ...labels('failing') }, () => 0.1),
    counter({ __name__: `${request}_sum`, ...labels('slow') }, (timeMs) => (isLate(timeMs) ? 0.9 : 0.1)),
  ]),
  metric('kube_pod_container_status_restarts_total', [
    counter({ __name__: 'kube_pod_container_status_restarts_total', ...labels('restarted') }, (timeMs) =>
      isLate(timeMs) ? 0.02 : 0,
    ),
  ]),
];

const logList: ContainerLog[] = [
  ['shouting', '{"level":"ERROR","msg":"no"}'],
  ['loud', 'level=info msg="no error here"'],
].map(([name = '', text = '']) => ({
  namespace: 'shop',
  pod: podOf(name),
  container: name,
  lines: [1, 2, 3].map((n) => ({ timeMs: window.startMs + n, text })),
}));

/** loud calls failing calls bottom, which fails in the second half. */
const spanList: Span[] = Array.from({ length: 60 }, (_, index) => {
  const startMs = window.startMs + index * 10_000;
  const status = isLate(startMs) ? ('ERROR' as const) : ('UNSET' as const);
  const of = (service: string, id: string, fields: Partial<Span>) => ({
    ...span(service, index, { startMs, status, ...fields }),
    spanId: `${id}${index}`,
    traceId: `trace${index}`,
  });
  const call = (host: string) => ({ kind: 'CLIENT' as const, attributes: { 'server.address': host } });
  return [
    of('loud', 'a', call('failing')),
    of('failing', 'b', { parentSpanId: `a${index}` }),
    of('failing', 'c', { parentSpanId: `b${index}`, ...call('bottom.shop') }),
    of('bottom', 'd', { parentSpanId: `c${index}` }),
  ];
}).flat();

const recording = () =>
  buildRecording({
    objects,
    alerts,
    series,
    logList,
    spanList,
    events: [
      event(`shop/Pod/${podOf('warned')}`, 'FailedCreate', 'exceeded quota: compute', window.incidentMs, 12),
      event(`shop/Pod/${podOf('loud')}`, 'BackOff', 'before the window', window.startMs - 60_000, 99),
    ],
    topology: {
      services: workloads.map((name) => ({
        name,
        namespace: 'shop',
        workload: deployment(name),
        selector: { app: name },
        pods: [podOf(name)],
      })),
      calls: [{ from: 'loud', to: 'failing', protocol: 'http', count: 2 }],
    },
  });

async function answers(bundle: string, repeat = 0): Promise<Record<string, string[] | undefined>> {
  const task = await loadTask(bundle);
  const found: Record<string, string[] | undefined> = {};
  for (const solver of floorSolvers) {
    const { submission } = await solver.solve(task, {
      repeat,
      signal: new AbortController().signal,
      record: (note) => void JSON.stringify(note),
    });
    found[solver.name] =
      submission === undefined
        ? undefined
        : (JSON.parse(submission) as { contributing_factors: { name: string }[] }).contributing_factors.map(
            ({ name }) => name,
          );
  }
  return found;
}

it('each solver names what stands out in its kind of evidence; the truth is not needed', async () => {
  await using folder = await temporaryFolder();
  const bundle = await smallBundle(folder.path, { recording: recording() });
  await rm(join(bundle, 'private'), { recursive: true });
  const found = await answers(bundle);
  expect(found).toMatchObject({
    'loudest-alert': [deployment('loud')],
    'first-alert': [deployment('first')],
    'most-warning-events': [deployment('warned')],
    'most-error-logs': [deployment('shouting')],
    'worst-error-ratio': [deployment('failing')],
    'worst-latency-shift': [deployment('slow')],
    'most-restarts': [deployment('restarted')],
    'newest-object': ['shop/NetworkPolicy/new'],
    'last-changed-object': [deployment('rolled')],
    'only-unhealthy-object': [deployment('sick')],
    'deepest-failing-span': [deployment('bottom')],
    'random-walk': [deployment('bottom')],
    'change-point': [deployment('sudden')],
    'named-in-messages': ['shop/ResourceQuota/compute'],
    'config-of-the-worst': ['shop/ConfigMap/bottom-settings'],
    'kind-by-symptom': ['shop/ConfigMap/bottom-settings'],
    'kind-prior': ['shop/ConfigMap/bottom-settings'],
  });
  // everybody is somebody's first: those who are also second or third of another win
  expect([deployment('bottom'), deployment('failing'), deployment('loud')]).toContain(found['ensemble']?.[0]);

  expect(await answers(bundle)).toEqual(found);
  const picks = await Promise.all(
    [0, 1, 2, 3, 4].map(async (repeat) => (await answers(bundle, repeat))['random-pick']),
  );
  expect(new Set(picks.map(String)).size).toBeGreaterThan(2);
});

it('without a signal they say that nothing is at fault; with two sick objects one of them has no opinion', async () => {
  await using folder = await temporaryFolder();
  const quiet = await smallBundle(join(folder.path, 'quiet'), {
    recording: buildRecording({
      objects: objects.filter(
        ({ object: one }) => one.metadata.name !== 'new' && one.metadata.name !== 'sick',
      ),
      alerts: [],
      events: [],
      series: [],
      logList: [],
      spanList: [],
    }),
  });
  const found = await answers(quiet);
  for (const name of [
    'loudest-alert',
    'most-restarts',
    'newest-object',
    'only-unhealthy-object',
    'random-walk',
  ])
    expect([name, found[name]]).toEqual([name, []]);
  const sick = await smallBundle(join(folder.path, 'sick'), {
    recording: buildRecording({
      objects: [...objects, { object: object(deployment('ill'), { spec: { replicas: 2 }, status: {} }) }],
    }),
  });
  expect((await answers(sick))['only-unhealthy-object']).toBeUndefined();
});

it('counters that fall begin anew, and gaps count nothing', () => {
  expect(increase([1, 4, 2, 5], 0, 3)).toBe(3 + 2 + 3);
  expect(increase([undefined, 4, undefined, 6], 0, 3)).toBe(6);
  expect(increase([7, undefined, undefined, 9], 1, 3)).toBe(0);
});
