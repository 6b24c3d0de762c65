import type { Cluster, PrometheusClient, TelemetrySource } from '../../src/cluster/cluster.ts';
import type { GroupVersionKind, KubeClient, WatchEvent } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/objects.ts';

/** Objects in memory with list and watch; watches deliver late, as they do in life. */
export class FakeKube {
  nowMs = 0;
  #version = 100;
  readonly #objects = new Map<string, KubeObject>();
  readonly #log: WatchEvent[] = [];
  #wake: (() => void)[] = [];
  readonly kinds: readonly string[];

  constructor(kinds: readonly string[]) {
    this.kinds = kinds;
  }

  put(object: KubeObject): KubeObject {
    const id = idOf(object);
    const versioned = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++this.#version) },
    };
    this.#emit(this.#objects.has(id) ? 'MODIFIED' : 'ADDED', versioned);
    this.#objects.set(id, versioned);
    return versioned;
  }

  remove(object: KubeObject): void {
    this.#objects.delete(idOf(object));
    this.#emit('DELETED', {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++this.#version) },
    });
  }

  #emit(type: WatchEvent['type'], object: KubeObject): void {
    this.#log.push({ type, object, receivedMs: this.nowMs });
    for (const wake of this.#wake.splice(0)) wake();
  }

  client(): KubeClient {
    const refuse = () => Promise.reject(new Error('not part of the fake'));
    return {
      resources: async () =>
        this.kinds.map((kind) => ({
          apiVersion: 'v1',
          kind,
          plural: `${kind.toLowerCase()}s`,
          namespaced: true,
          verbs: ['list', 'watch'],
        })),
      list: async ({ kind }: GroupVersionKind) => ({
        items: [...this.#objects.values()].filter((object) => object.kind === kind),
        resourceVersion: String(this.#version),
      }),
      watch: (kind: GroupVersionKind, resourceVersion: string, signal: AbortSignal) =>
        this.#watch(kind.kind, resourceVersion, signal),
      version: refuse,
      get: refuse,
      create: refuse,
      replace: refuse,
      patch: refuse,
      delete: refuse,
      podLog: refuse,
    };
  }

  async *#watch(kind: string, since: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    let next = this.#log.length;
    for (let index = 0; index < this.#log.length; index++)
      if (Number(this.#log[index]?.object.metadata.resourceVersion) > Number(since)) {
        next = index;
        break;
      }
    signal.addEventListener('abort', () => {
      for (const wake of this.#wake.splice(0)) wake();
    });
    while (!signal.aborted) {
      const event = this.#log[next];
      if (event === undefined) {
        await new Promise<void>((resolve) => this.#wake.push(resolve));
        continue;
      }
      next++;
      if (event.object.kind !== kind) continue;
      // some turns late
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      yield event;
    }
  }
}

function idOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}

/** As much of a cluster as capture asks for. */
export function fakeCluster(
  kube: FakeKube,
  prometheus: Partial<PrometheusClient>,
  telemetry: Partial<TelemetrySource>,
): Cluster {
  const none = async function* () {};
  const cluster = {
    provider: 'embedded',
    kube: kube.client(),
    prometheus: {
      query: async () => [],
      queryRange: async () => [],
      series: async () => [],
      rules: async () => ({ groups: [] }),
      alerts: async () => ({ alerts: [] }),
      ...prometheus,
    },
    telemetry: { spans: none, logs: none, losses: async () => ({}), ...telemetry },
  };
  // capture uses nothing else of a cluster; a use of more fails loudly
  return cluster as unknown as Cluster;
}
