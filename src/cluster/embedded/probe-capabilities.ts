import type { Capability } from '../../spec/capability.ts';
import type { ClusterProfile } from '../../spec/profile.ts';
import type { PodIdentity } from './contracts.ts';
import type { KubeObject, Node, Pod } from './controllers/kinds.ts';
import { isPodReady } from './controllers/pods.ts';
import { World } from './world.ts';

type Finding = { works: boolean; detail: string };

const manager = { manager: 'kubectl-create' } as const;
const namespace = 'probe';

/** Finds out what an embedded cluster of this profile can do, by doing it in a scratch world of its own. */
export function probeCapabilities(profile: ClusterProfile, seed: number): ReadonlyMap<Capability, Finding> {
  const world = new World({ profile, seed, startMs: Date.UTC(2026, 0, 1) });
  const { store, simulation, network } = world;
  const pass = (ms: number) => simulation.runUntil(simulation.nowMs + ms);
  const create = (object: KubeObject) => store.create(object, manager);
  create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  for (const name of ['client', 'server']) create(probePod(name));
  create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'server', namespace },
    spec: { selector: { app: 'server' }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  pass(60_000);

  const pods = store.list('pods', namespace) as readonly Pod[];
  const areUp = pods.length === 2 && pods.every(isPodReady);
  const client = identityOf(pods.find((pod) => pod.metadata.name === 'client'));
  const resolved = network.resolve(client, 'server');
  const ip = resolved.ok ? (resolved.ips[0] ?? '') : '';
  const before = network.connect(client, ip, 80, 0.5);
  create({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'deny', namespace },
    spec: { podSelector: { matchLabels: { app: 'server' } }, policyTypes: ['Ingress'] },
  });
  pass(5000);
  const after = network.connect(client, ip, 80, 0.5);
  const usage = world.usage.pod(namespace, 'server');
  const runtime = world.createRuntime({ requestsPerSecond: 1, traceSampling: 0 });
  runtime.setLoadFactor(2);
  const node = pods.find((pod) => pod.metadata.name === 'server')?.spec.nodeName ?? '';
  const [down, up] = turnOffAndOn(world, node, pass);

  const word = (result: { ok: boolean; error?: string }) => (result.ok ? 'connects' : `is ${result.error}`);
  return new Map<Capability, Finding>([
    [
      'network-policy',
      {
        works: areUp && before.ok && !after.ok,
        detail: `a pod ${word(before)} before a policy denies it, and ${word(after)} after`,
      },
    ],
    [
      'dns',
      {
        works: resolved.ok,
        detail: resolved.ok ? `"server" is ${ip}` : `"server" ends in ${resolved.error}`,
      },
    ],
    [
      'metrics',
      {
        works: usage !== undefined,
        detail:
          usage === undefined ? 'no container metrics within a minute' : 'container metrics within a minute',
      },
    ],
    [
      'hpa-metrics',
      {
        works: usage !== undefined,
        detail: usage === undefined ? 'metrics.k8s.io has nothing' : 'metrics.k8s.io answers',
      },
    ],
    [
      'node-control',
      {
        works: down !== 'True' && up === 'True',
        detail: `a stopped node is Ready=${down}, started again Ready=${up}`,
      },
    ],
    [
      'load-control',
      { works: runtime.loadFactor() === 2, detail: `load factor 2 reads back as ${runtime.loadFactor()}` },
    ],
  ]);
}

function turnOffAndOn(world: World, name: string, pass: (ms: number) => void): [down: string, up: string] {
  const read = () =>
    (world.store.get('nodes', undefined, name) as Node | undefined)?.status?.conditions?.find(
      (condition) => condition.type === 'Ready',
    )?.status ?? 'missing';
  if (!world.kubelets.has(name)) return ['missing', 'missing'];
  world.kubelet(name).stop();
  pass(70_000);
  const down = read();
  world.kubelet(name).start();
  pass(20_000);
  return [down, read()];
}

function probePod(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      containers: [
        {
          name: 'app',
          image: 'registry.k8s.io/coredns/coredns:v1.12.1',
          readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 2 },
        },
      ],
    },
  };
}

function identityOf(pod: Pod | undefined): PodIdentity {
  return {
    namespace,
    name: pod?.metadata.name ?? '',
    uid: pod?.metadata.uid ?? '',
    ip: pod?.status?.podIP ?? '',
    node: pod?.spec.nodeName ?? '',
    labels: pod?.metadata.labels ?? {},
  };
}
