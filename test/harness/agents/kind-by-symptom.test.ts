import { expect, it } from 'vitest';
import type { Span } from '../../../src/cluster/cluster.ts';
import { kindBySymptom } from '../../../src/harness/agents/kind-by-symptom.ts';
import { loadTask } from '../../../src/harness/load-task.ts';
import { buildRecording, object, ownedBy, span, window } from '../../helpers/recording.ts';
import { smallBundle } from '../../helpers/small-bundle.ts';
import { temporaryFolder } from '../../helpers/small-scenario.ts';

const podOf = (name: string) => `${name}-6d5f8c7b9d-x2x4z`;

interface World {
  /** Why containers of the callee wait. */
  readonly reason?: string;
  readonly pods?: number;
  readonly nodeReady?: boolean;
  /** How long failed calls to it take. */
  readonly seconds?: number;
  /** Whether it answers with errors itself. */
  readonly answers?: boolean;
}

/** A front calls a back, and from the middle of the window on every call fails. */
function recordingOf({ reason, pods = 1, nodeReady = true, seconds = 0.01, answers = false }: World) {
  const workload = (name: string, count: number) => [
    object(`shop/Deployment/${name}`, {
      spec: {
        replicas: 1,
        template: {
          spec: { containers: [{ name, envFrom: [{ configMapRef: { name: `${name}-config` } }] }] },
        },
      },
      status: { availableReplicas: count },
    }),
    object(`shop/ReplicaSet/${name}-6d5f8c7b9d`, {}, ownedBy('Deployment', name)),
    ...Array.from({ length: count }, () =>
      object(
        `shop/Pod/${podOf(name)}`,
        {
          spec: { nodeName: name === 'back' ? 'worker-1' : 'worker-2', containers: [] },
          status: {
            phase: 'Running',
            containerStatuses:
              name === 'back' && reason !== undefined ? [{ name, state: { waiting: { reason } } }] : [],
          },
        },
        { ...ownedBy('ReplicaSet', `${name}-6d5f8c7b9d`), labels: { app: name } },
      ),
    ),
    object(`shop/ConfigMap/${name}-config`),
    object(`shop/Service/${name}`, { spec: { selector: { app: name } } }),
    object(`shop/NetworkPolicy/${name}`, { spec: { podSelector: { matchLabels: { app: name } } } }),
  ];
  const node = (name: string, ready: boolean) =>
    object(`cluster/Node/${name}`, { status: { conditions: [{ type: 'Ready', status: String(ready) }] } });
  const objects = [
    ...workload('front', 1),
    ...workload('back', pods),
    node('worker-1', nodeReady),
    node('worker-2', true),
    object('shop/ResourceQuota/compute'),
  ].map((one) => ({
    object: JSON.parse(JSON.stringify(one).replaceAll('"true"', '"True"').replaceAll('"false"', '"False"')),
  }));
  const spanList = Array.from({ length: 60 }, (_, index): Span[] => {
    const startMs = window.startMs + index * 10_000;
    const status = startMs > window.incidentMs ? 'ERROR' : 'UNSET';
    const of = (service: string, id: string, fields: Partial<Span>): Span => ({
      ...span(service, index, { startMs, status, ...fields }),
      spanId: `${id}${index}`,
      traceId: `trace${index}`,
    });
    return [
      of('front', 'a', {}),
      of('front', 'b', {
        kind: 'CLIENT',
        parentSpanId: `a${index}`,
        attributes: { 'server.address': 'back' },
        durationNs: (status === 'ERROR' ? seconds : 0.01) * 1e9,
      }),
      ...(answers ? [of('back', 'c', { parentSpanId: `b${index}` })] : []),
    ];
  }).flat();
  return buildRecording({
    objects,
    alerts: [],
    events: [],
    series: [],
    logList: [],
    spanList,
    topology: {
      services: ['front', 'back'].map((name) => ({
        name,
        namespace: 'shop',
        workload: `shop/Deployment/${name}`,
        selector: { app: name },
        pods: [podOf(name)],
      })),
      calls: [{ from: 'front', to: 'back', protocol: 'http', count: 60 }],
    },
  });
}

it.each<[string, World, string]>([
  ['an image that is not there is the workload', { reason: 'ImagePullBackOff' }, 'shop/Deployment/back'],
  ['pods that exit are badly configured', { reason: 'CrashLoopBackOff' }, 'shop/ConfigMap/back-config'],
  ['pods that are not made meet a quota', { pods: 0 }, 'shop/ResourceQuota/compute'],
  ['pods on a dead node are lost with it', { nodeReady: false }, 'cluster/Node/worker-1'],
  ['callers that wait in vain are not let in', { seconds: 2 }, 'shop/NetworkPolicy/back'],
  ['callers that are refused are led nowhere', {}, 'shop/Service/back'],
  ['who answers errors is badly configured', { answers: true }, 'shop/ConfigMap/back-config'],
])('%s', async (_, world, expected) => {
  await using folder = await temporaryFolder();
  const bundle = await smallBundle(folder.path, { recording: recordingOf(world) });
  const suspects = await kindBySymptom.rank((await loadTask(bundle)).evidence, 0);
  expect(suspects?.[0]?.entity).toBe(expected);
});
