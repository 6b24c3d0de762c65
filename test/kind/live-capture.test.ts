import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KindWatch } from '../../src/capture/kind-watch.ts';
import { toolsImage } from '../../src/cluster/kind/wanted-images.ts';
import { LogCollector } from '../../src/cluster/live/log-collector.ts';
import { LogSpool } from '../../src/cluster/live/log-spool.ts';
import { type ApiConnection, connectApi } from '../../src/kube/api-connection.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { clientOver } from '../../src/kube/http-client.ts';

const kubeconfig = process.env['CULPRIT_TEST_KUBECONFIG'] ?? '';
const namespace = `capture-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'capture-'));
const configMap = { apiVersion: 'v1', kind: 'ConfigMap' };

let direct: ApiConnection;
let kube: KubeClient;
let flaky: ApiConnection;
let breakConnections: () => void;
let proxy: Server;

beforeAll(async () => {
  if (kubeconfig === '') throw new Error('run this with: npm run test:kind');
  direct = connectApi({ kubeconfig });
  kube = clientOver(direct);
  ({ proxy, breakConnections } = await startProxy(new URL(direct.server)));
  const { port } = proxy.address() as AddressInfo;
  const text = readFileSync(kubeconfig, 'utf8').replaceAll(direct.server, `https://127.0.0.1:${port}`);
  flaky = connectApi({ kubeconfigText: text });
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await sleep(2000);
});

afterAll(async () => {
  await kube?.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
  await flaky?.[Symbol.asyncDispose]();
  await direct?.[Symbol.asyncDispose]();
  proxy?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Passes bytes on to the API server, until told to break everything that is open. */
async function startProxy(server: URL) {
  const open = new Set<Socket>();
  const proxy = createServer((socket) => {
    const upstream = connect(Number(server.port), server.hostname);
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    proxy,
    breakConnections() {
      for (const socket of open) socket.destroy();
    },
  };
}

const made = (name: string, round: number) => ({
  ...configMap,
  metadata: { name, namespace, labels: { made: 'by-test' } },
  data: { round: String(round) },
});

test('a list longer than a page comes whole', async () => {
  const names = Array.from({ length: 520 }, (_, i) => `page-${String(i).padStart(4, '0')}`);
  const queue = [...names];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let name = queue.pop(); name !== undefined; name = queue.pop()) await kube.create(made(name, 0));
    }),
  );
  const { items } = await kube.list(configMap, { namespace, labelSelector: 'made=by-test' });
  expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(names);
  for (const name of names) await kube.delete({ ...configMap, namespace, name });
});

test('a watch whose connection breaks again and again tells every change once', async () => {
  const told: string[] = [];
  const watch = new KindWatch(clientOver(flaky), configMap, {
    initial: () => undefined,
    changed(type, { metadata, data }) {
      if (metadata.namespace !== namespace || !metadata.name.startsWith('change-')) return;
      told.push(`${type} ${metadata.name} ${(data as { round: string }).round}`);
    },
  });
  await watch.start();
  const expected: string[] = [];
  for (let i = 0; i < 30; i++) {
    const name = `change-${i}`;
    const created = await kube.create(made(name, 1));
    if (i % 4 === 1) breakConnections();
    await kube.replace({ ...created, data: { round: '2' } });
    await kube.delete({ ...configMap, namespace, name });
    if (i % 7 === 3) breakConnections();
    expected.push(`ADDED ${name} 1`, `MODIFIED ${name} 2`, `DELETED ${name} 2`);
  }
  await watch.catchUp(1000);
  await watch.stop();
  expect(told).toEqual(expected);
});

test('a watch from a version that the server has forgotten tells what is there now', async () => {
  await kube.create(made('forgotten', 1));
  const stop = new AbortController();
  const told: string[] = [];
  for await (const { type, object } of kube.watch(configMap, '1', stop.signal, { namespace })) {
    if (object.metadata.name !== 'forgotten') continue;
    told.push(type);
    stop.abort();
  }
  expect(told).toEqual(['ADDED']);
});

test('logs of a pod that restarts and is deleted, over connections that break, come once and whole', async () => {
  const spool = await LogSpool.open(join(folder, 'logs'));
  const logs = await LogCollector.start({
    connection: flaky,
    kube: clientOver(flaky),
    spool,
    isWanted: (one) => one === namespace,
  });
  const script = `
    let i = 0;
    setInterval(() => { for (let k = 0; k < 25; k++) console.log('line', i++); }, 100);
    setTimeout(() => { console.log('end', i); process.exit(1); }, 4000);
  `;
  const pod = { apiVersion: 'v1', kind: 'Pod', namespace, name: 'talker' };
  const fromMs = Date.now() - 60_000;
  // another test loses the last worker meanwhile
  const nodes = await kube.list({ apiVersion: 'v1', kind: 'Node' });
  const [nodeName] = nodes.items.map(({ metadata }) => metadata.name).filter((name) => /worker$/.test(name));
  await kube.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'talker', namespace },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'app', image: toolsImage.ref, command: ['node', '-e', script] }],
    },
  });
  for (let i = 0; i < 24; i++) {
    await sleep(1000);
    if (i % 3 === 2) breakConnections();
  }
  await kube.delete(pod, { gracePeriodSeconds: 1 });
  await sleep(6000);

  const [log] = await logs.between(fromMs, Date.now());
  const instances: string[][] = [];
  for await (const { text } of log?.lines ?? []) {
    if (text === 'line 0') instances.push([]);
    instances.at(-1)?.push(text);
  }
  await logs.stop();
  await spool.remove();
  const whole = instances.filter((lines) => lines.at(-1)?.startsWith('end'));
  expect(whole.length).toBeGreaterThanOrEqual(2);
  for (const lines of instances) {
    const count = lines.filter((line) => line.startsWith('line')).length;
    const numbered = Array.from({ length: count }, (_, number) => `line ${number}`);
    expect(lines).toEqual(whole.includes(lines) ? [...numbered, `end ${count}`] : numbered);
  }
});
