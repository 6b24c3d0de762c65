import { type ApiServer, createApiServer } from '../../../../src/cluster/embedded/api/api-server.ts';
import { type ApiStore, createStore } from '../../../../src/cluster/embedded/api/store.ts';
import { Simulation } from '../../../../src/cluster/embedded/simulation.ts';
import type { KubeObject } from '../../../../src/kube/objects.ts';

export const manager = { manager: 'kubectl' };
export const startMs = Date.parse('2026-03-01T00:00:00Z');

/** A store with the namespaces default, kube-system and shop, at a fixed time. */
export function emptyStore(options: { seed?: number; historyLimit?: number } = {}): ApiStore {
  const store = createStore({ simulation: new Simulation(startMs), seed: 1, ...options });
  for (const name of ['default', 'kube-system', 'shop'])
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, manager);
  return store;
}

export function serverFor(store: ApiStore): ApiServer {
  return createApiServer({
    store,
    kubernetesVersion: 'v1.34.2',
    logs: {
      read: ({ previous }) =>
        previous ? undefined : ['first', 'second'].map((text, i) => ({ timeMs: startMs + i * 1000, text })),
    },
    usage: {
      nodes: () => [
        { name: 'node-1', cpuMillis: 250, memoryBytes: 2 ** 30, timeMs: startMs, windowMs: 15_000 },
      ],
      pods: () =>
        store.list('pods').map((p) => ({
          namespace: p.metadata.namespace ?? '',
          name: p.metadata.name,
          timeMs: startMs,
          windowMs: 15_000,
          containers: [{ name: 'app', cpuMillis: 12, memoryBytes: 50 * 2 ** 20 }],
        })),
    },
  });
}

export function pod(
  name: string,
  spec: Record<string, unknown> = {},
  metadata: Record<string, unknown> = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', ...metadata },
    spec: { containers: [{ name: 'app', image: 'shop/app:1.0' }], ...spec },
  };
}

/** Lets virtual time pass. */
export function pass(store: ApiStore, ms: number): void {
  store.simulation.runUntil(store.simulation.nowMs + ms);
}
