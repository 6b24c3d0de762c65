import type { ApiConnection } from '../../kube/api-connection.ts';
import { apiPath } from '../../kube/api-path.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { ContainerLog } from '../../spec/telemetry.ts';
import { ContainerFollower } from './container-follower.ts';
import type { LogSpool } from './log-spool.ts';

export interface LogCollectorOptions {
  readonly connection: ApiConnection;
  readonly kube: KubeClient;
  readonly spool: LogSpool;
  /** Which namespaces are followed. */
  readonly isWanted: (namespace: string) => boolean;
}

/** A stream that is silent for so long is opened again: a connection may be dead without a word. */
const silenceMs = 90_000;

/** Follows the logs of all containers of the wanted namespaces into a spool, from when it is started. */
export class LogCollector {
  readonly #options: LogCollectorOptions;
  readonly #pods = new Map<string, KubeObject>();
  readonly #followers = new Map<string, ContainerFollower>();
  readonly #stop = new AbortController();
  #watching: Promise<void> = Promise.resolve();
  #failure: unknown;
  #settledMs = 0;

  private constructor(options: LogCollectorOptions) {
    this.#options = options;
  }

  /** When it returns, every container that runs is followed. */
  static async start(options: LogCollectorOptions): Promise<LogCollector> {
    const collector = new LogCollector(options);
    const kind = { apiVersion: 'v1', kind: 'Pod' };
    const { items, resourceVersion } = await options.kube.list(kind);
    for (const pod of items) collector.#see(pod);
    collector.#watching = collector.#watch(resourceVersion).catch((error: unknown) => {
      collector.#failure = error;
    });
    return collector;
  }

  async #watch(resourceVersion: string): Promise<void> {
    const kind = { apiVersion: 'v1', kind: 'Pod' };
    for await (const { type, object } of this.#options.kube.watch(kind, resourceVersion, this.#stop.signal)) {
      if (type === 'DELETED') this.#pods.delete(object.metadata.uid ?? '');
      else if (type !== 'BOOKMARK') this.#see(object);
    }
  }

  #see(pod: KubeObject): void {
    const { uid = '', namespace = '' } = pod.metadata;
    if (!this.#options.isWanted(namespace)) return;
    this.#pods.set(uid, pod);
    for (const { name, started } of containersOf(pod)) {
      const id = `${uid}/${name}`;
      const known = this.#followers.get(id);
      known?.podChanged();
      if (!started || known !== undefined) continue;
      const follower = this.#follow(pod, name);
      this.#followers.set(id, follower);
      void follower.done.then(() => this.#followers.delete(id));
    }
  }

  #follow(pod: KubeObject, container: string): ContainerFollower {
    const { connection, spool } = this.#options;
    const { uid = '', namespace = '', name } = pod.metadata;
    const logged = { namespace, pod: name, uid, container };
    return new ContainerFollower({
      open: ({ follow, previous, since }, signal) => {
        const query = new URLSearchParams({ container, timestamps: 'true' });
        if (follow) query.set('follow', 'true');
        if (previous) query.set('previous', 'true');
        if (since !== undefined) query.set('sinceTime', since);
        return connection.request(`${apiPath('v1', 'pods', namespace, name, 'log')}?${query}`, {
          signal,
          isStream: follow,
          silenceMs,
        });
      },
      write: (raw, stamp) => spool.append(logged, raw, stamp),
      restarts: () => {
        const now = this.#pods.get(uid);
        return now && (containersOf(now).find((one) => one.name === container)?.restarts ?? 0);
      },
    });
  }

  /** Logs with lines in [fromMs, toMs), complete as far as they are past. */
  async between(fromMs: number, toMs: number): Promise<ContainerLog[]> {
    if (this.#settledMs < toMs) {
      const nowMs = Date.now();
      await Promise.all([...this.#followers.values()].map((follower) => follower.settle()));
      // clocks of nodes may differ a little from ours
      this.#settledMs = nowMs - 250;
    }
    return this.#options.spool.between(fromMs, toMs);
  }

  /** Why the watch of pods ended, if it did: then later pods have no logs. */
  get failure(): unknown {
    return this.#failure;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#followers.values()].map((follower) => follower.stop()));
    await this.#watching;
  }
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly containerID?: string;
  readonly lastState?: { readonly terminated?: unknown };
}

/** Containers of all sorts; `started`: there is a log, or was. */
function containersOf(pod: KubeObject): { name: string; restarts: number; started: boolean }[] {
  // the shape of a Pod's status is the API server's; every field is optional here
  const status = (pod.status ?? {}) as Record<
    'initContainerStatuses' | 'containerStatuses' | 'ephemeralContainerStatuses',
    readonly ContainerStatus[] | undefined
  >;
  return [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ].map(({ name, restartCount = 0, containerID = '', lastState }) => ({
    name,
    restarts: restartCount,
    started: containerID !== '' || lastState?.terminated !== undefined,
  }));
}
