/**
 * How fast the workload runs alone: the shop's programs over a flat network, without Kubernetes and Prometheus, at
 * 1x, 2x and 4x of the load. `node bench/workload.ts [minutes] [requests a second]`
 */

import type { PodIdentity, ScrapeTarget } from '../src/cluster/embedded/contracts.ts';
import { createContainerRuntime } from '../src/cluster/embedded/processes/container-runtime.ts';
import { Simulation } from '../src/cluster/embedded/simulation.ts';
import type { KubeObject } from '../src/spec/kube-types.ts';
import { loadApplication } from '../src/spec/load-application.ts';
import { FlatNetwork } from '../test/cluster/embedded/processes/flat-network.ts';
import { quantityOf } from './quantity.ts';

interface Container {
  name: string;
  image: string;
  args?: string[];
  command?: string[];
  env?: {
    name: string;
    value?: string;
    valueFrom?: {
      secretKeyRef?: { name: string; key: string };
      configMapKeyRef?: { name: string; key: string };
    };
  }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  resources?: { limits?: { cpu?: string; memory?: string } };
}
interface Workload extends KubeObject {
  spec: {
    replicas?: number;
    serviceName?: string;
    template: { metadata: { labels: Record<string, string> }; spec: { containers: Container[] } };
  };
}

const minutes = Number(process.argv[2] ?? 27);
const baseRate = Number(process.argv[3] ?? 30);
const loaded = await loadApplication(new URL('../clusters/apps/shop', import.meta.url).pathname);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics.slice(0, 3)));
const application = loaded.value;

function textsOf(kind: string, namespace: string, name: string): Record<string, string> {
  const object = application.manifests.find(
    (m) => m.kind === kind && m.metadata.namespace === namespace && m.metadata.name === name,
  );
  const data = (object?.data ?? {}) as Record<string, string>;
  if (kind === 'ConfigMap') return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

function envOf(namespace: string, container: Container): Record<string, string> {
  const env: Record<string, string> = {};
  for (const from of container.envFrom ?? []) {
    if (from.configMapRef !== undefined)
      Object.assign(env, textsOf('ConfigMap', namespace, from.configMapRef.name));
    if (from.secretRef !== undefined) Object.assign(env, textsOf('Secret', namespace, from.secretRef.name));
  }
  for (const entry of container.env ?? []) {
    const secret = entry.valueFrom?.secretKeyRef;
    const map = entry.valueFrom?.configMapKeyRef;
    if (secret !== undefined) env[entry.name] = textsOf('Secret', namespace, secret.name)[secret.key] ?? '';
    else if (map !== undefined) env[entry.name] = textsOf('ConfigMap', namespace, map.name)[map.key] ?? '';
    else env[entry.name] = entry.value ?? '';
  }
  return env;
}

function run(rate: number, sampling: number): void {
  const simulation = new Simulation(Date.UTC(2026, 0, 1));
  const network = new FlatNetwork();
  const targets: ScrapeTarget[] = [];
  const runtime = createContainerRuntime({
    simulation,
    seed: 1,
    network,
    targets: {
      add: (target) => {
        targets.push(target);
        return { remove: () => void targets.splice(targets.indexOf(target), 1) };
      },
    },
    programs: application.programs,
    requestsPerSecond: rate,
    traceSampling: sampling,
  });
  network.targetPorts.set(80, 8080);
  network.listens = (uid, port) => runtime.listensAt(uid, port);
  let lines = 0;
  const logged = new Map<string, number>();
  let exits = 0;
  for (const workload of application.manifests.filter(
    (m) => m.kind === 'Deployment' || m.kind === 'StatefulSet',
  ) as Workload[]) {
    for (let i = 0; i < (workload.spec.replicas ?? 1); i++) {
      const namespace = workload.metadata.namespace ?? 'default';
      const pod: PodIdentity = {
        namespace,
        name: `${workload.metadata.name}-${i}`,
        uid: `${namespace}/${workload.metadata.name}/${i}`,
        ip: `10.244.1.${i + 1}`,
        node: 'n1',
        labels: workload.spec.template.metadata.labels,
      };
      network.add(namespace, workload.metadata.name, pod);
      const container = workload.spec.template.spec.containers[0]!;
      runtime.start({
        pod,
        name: container.name,
        image: container.image,
        instance: 0,
        command: container.command ?? [],
        args: container.args ?? [],
        env: envOf(namespace, container),
        cpuLimitMillis: quantityOf(container.resources?.limits?.cpu, 1000),
        memoryLimitBytes: quantityOf(container.resources?.limits?.memory, 1),
        write: (line) => {
          lines++;
          const kind = `${workload.metadata.name} ${line.replace(/[0-9a-f]{6,}|\d+/g, '#').slice(0, 220)}`;
          if (process.argv.includes('--lines')) logged.set(kind, (logged.get(kind) ?? 0) + 1);
        },
        exited: (exit) => {
          exits++;
          console.log('exited', pod.name, exit, simulation.nowMs - simulation.startMs);
        },
      });
    }
  }
  let samples = 0;
  const count = (): void => {
    samples++;
  };
  simulation.every(15_000, 15_000, () => {
    for (const target of targets) target.scrape(count);
  });
  const before = process.memoryUsage().heapUsed;
  const started = performance.now();
  simulation.runUntil(simulation.startMs + minutes * 60_000);
  const seconds = (performance.now() - started) / 1000;
  let series = 0;
  for (const target of targets) target.scrape(() => series++);
  console.log(
    `${rate}/s, ${minutes} min, traces ${sampling}: ${seconds.toFixed(2)} s · ${runtime.spans.size} spans · ${lines} lines · ${samples} samples · ${series} series of ${targets.length} targets · ${network.connects} connections · ${exits} exits · heap ${((process.memoryUsage().heapUsed - before) / 1e6).toFixed(0)} MB`,
  );
  for (const [kind, n] of [...logged].sort((a, b) => b[1] - a[1]).slice(0, 40)) console.log(n, kind);
  if (process.argv.includes('--metrics')) {
    for (const target of targets) {
      console.log(JSON.stringify(target.labels));
      target.scrape((name, labels, value) => {
        if (!name.endsWith('_bucket')) console.log('  ', name, JSON.stringify(labels), value);
      });
    }
  }
  if (process.argv.includes('--ids')) {
    const ids = new Set<string>();
    let spans = 0;
    for (const span of runtime.spans.between(0, Number.POSITIVE_INFINITY)) {
      ids.add(span.traceId + span.spanId);
      spans++;
    }
    console.log(`${spans - ids.size} of ${spans} spans share their id with another`);
  }
  if (process.argv.includes('--trace')) {
    const all = [...runtime.spans.between(0, Number.POSITIVE_INFINITY)];
    const id = all.find((span) => span.name === 'GET /product/{id}')?.traceId;
    for (const span of all
      .filter((candidate) => candidate.traceId === id)
      .sort((a, b) => a.startMs - b.startMs))
      console.log(JSON.stringify(span));
  }
}

if (process.argv.includes('--once')) run(baseRate, process.argv.includes('--ids') ? 1 : 0.05);
else {
  run(baseRate, 0.05);
  run(baseRate, 1);
  run(baseRate * 2, 0.05);
  run(baseRate * 4, 0.05);
}
