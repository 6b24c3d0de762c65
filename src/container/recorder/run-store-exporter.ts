import { connect } from 'node:net';
import type { KubeClient } from '../../kube/client.ts';
import { exposition } from './exposition.ts';
import { type Served, serve } from './serve.ts';
import { podSettings } from './stores/pod-settings.ts';
import { type ConnectStore, connectTimeoutMs, type StoreProbe } from './stores/store-probe.ts';

/** Stores by the port they listen on: what there is to ask, loaded when there is one. */
const stores: Readonly<Record<number, { up: string; load: () => Promise<ConnectStore> }>> = {
  5432: { up: 'pg_up', load: async () => (await import('./stores/postgres-probe.ts')).connectPostgres },
  6379: { up: 'redis_up', load: async () => (await import('./stores/redis-probe.ts')).connectRedis },
  4222: { up: 'nats_up', load: async () => (await import('./stores/nats-probe.ts')).connectNats },
};

/**
 * Metrics of stores that do not speak Prometheus' format: `/probe?target=10.1.2.3:5432`, as Prometheus' multi-target
 * exporters do. A store that nobody can connect to answers 503 (the target is down); one that refuses us is `*_up 0`.
 */
export async function runStoreExporter(settings: {
  readonly kube: KubeClient;
  readonly port: number;
  readonly log: (line: string) => void;
}): Promise<Served> {
  const { kube, port, log } = settings;
  const probes = new Map<string, StoreProbe>();
  const forget = async (target: string) => {
    const probe = probes.get(target);
    probes.delete(target);
    await probe?.close().catch(() => undefined);
  };
  const ask = async (target: string, host: string, at: number, load: () => Promise<ConnectStore>) => {
    const known = probes.get(target);
    if (known !== undefined) {
      const text = await read(known).catch(() => undefined);
      if (text !== undefined) return text;
      // it ended since the last scrape
      await forget(target);
    }
    const connectStore = await load();
    const told = (await podSettings(kube, host, at)) ?? { env: {}, args: [] };
    const probe = await connectStore(host, at, told);
    probes.set(target, probe);
    return read(probe);
  };
  /** The metrics; `undefined` where nobody takes connections. */
  const scrape = async (target: string): Promise<string | undefined> => {
    const [, host = '', digits] = /^(.+):(\d+)$/.exec(target) ?? [];
    const at = Number(digits);
    const store = stores[at];
    if (store === undefined) throw new Error(`"${target}" is no store that is known`);
    try {
      return await ask(target, host, at, store.load);
    } catch (error) {
      await forget(target);
      log(`${target}: ${error instanceof Error ? error.message : String(error)}`);
      if (!(await listens(host, at))) return undefined;
      const { emit, text } = exposition();
      emit(store.up, {}, 0);
      return text();
    }
  };
  const served = await serve(port, async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://exporter');
    if (url.pathname !== '/probe') return void response.writeHead(200).end('ok\n');
    const text = await scrape(url.searchParams.get('target') ?? '');
    if (text === undefined) response.writeHead(503).end('the store does not answer\n');
    else response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
  });
  log(`serving probes on ${served.port}`);
  return {
    port: served.port,
    async close() {
      for (const target of [...probes.keys()]) await forget(target);
      await served.close();
    },
  };
}

async function read(probe: StoreProbe): Promise<string> {
  const { emit, text } = exposition();
  await probe.scrape(emit);
  return text();
}

/** Whether somebody takes connections there. */
function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectTimeoutMs });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
