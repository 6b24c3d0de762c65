import type {
  ContainerProcess,
  ContainerRuntime,
  ContainerStart,
} from '../../../../src/cluster/embedded/contracts.ts';
import type { Pod } from '../../../../src/cluster/embedded/controllers/kinds.ts';
import type { Simulation } from '../../../../src/cluster/embedded/simulation.ts';
import { World } from '../../../../src/cluster/embedded/world.ts';
import type { KubeObject } from '../../../../src/kube/objects.ts';

/**
 * What a container of the image `app/<behaviour>` does: `web` answers on 8080 after 200 ms (and not on /sick),
 * `crash` exits 1 after 300 ms, `oom` outgrows its limit after 3 s, `deaf` runs but ignores SIGTERM.
 */
class ScriptedProcess implements ContainerProcess {
  readonly #simulation: Simulation;
  readonly #container: ContainerStart;
  readonly #behaviour: string;
  readonly #startMs: number;
  #isReachable = true;
  #isGone = false;

  constructor(simulation: Simulation, container: ContainerStart) {
    this.#simulation = simulation;
    this.#container = container;
    this.#behaviour = /^app\/([a-z]+)/.exec(container.image)?.[1] ?? 'web';
    this.#startMs = simulation.nowMs;
    container.write(`start ${container.instance} GREETING=${container.env['GREETING'] ?? ''}`);
    if (this.#behaviour === 'crash') this.#exitAfter(300, 1, false);
    if (this.#behaviour === 'oom') this.#exitAfter(3000, 137, true);
  }

  #exitAfter(ms: number, code: number, oomKilled: boolean): void {
    this.#simulation.after(ms, () => {
      if (this.#isGone) return;
      this.#isGone = true;
      this.#container.exited({ code, oomKilled });
    });
  }

  #answers(port: number): boolean {
    return port === 8080 && this.#behaviour !== 'crash' && this.#simulation.nowMs - this.#startMs >= 200;
  }

  probeHttp(port: number, path: string, done: (status: number | 'refused') => void): void {
    if (this.#isReachable) done(!this.#answers(port) ? 'refused' : path === '/sick' ? 503 : 200);
  }

  probeTcp(port: number, done: (open: boolean) => void): void {
    if (this.#isReachable) done(this.#answers(port));
  }

  terminate(): void {
    if (this.#behaviour !== 'deaf') this.#exitAfter(50, 0, false);
  }

  kill(): void {
    this.#isGone = true;
  }

  setReachable(reachable: boolean): void {
    this.#isReachable = reachable;
  }

  usage() {
    const upSeconds = (this.#simulation.nowMs - this.#startMs) / 1000;
    return {
      cpuSecondsTotal: upSeconds * (this.#behaviour === 'busy' ? 0.19 : 0.01),
      memoryWorkingSetBytes: 32 * 2 ** 20,
      cfsPeriodsTotal: 0,
      cfsThrottledPeriodsTotal: 0,
      cfsThrottledSecondsTotal: 0,
      networkReceiveBytesTotal: 0,
      networkTransmitBytesTotal: 0,
    };
  }
}

function scriptedRuntime(simulation: Simulation, pulls: { image: string; atMs: number }[]): ContainerRuntime {
  return {
    pull(image) {
      pulls.push({ image, atMs: simulation.nowMs });
      return image.startsWith('app/') && !image.endsWith(':missing')
        ? { ok: true, sizeBytes: 20_000_000, digest: `sha256:${'ab'.repeat(32)}` }
        : { ok: false, message: '' };
    },
    start: (container) => new ScriptedProcess(simulation, container),
  };
}

export const operator = { manager: 'kubectl' } as const;

/** A small cluster with scripted programs, and short ways to act on it and to look. */
export class ScriptedWorld extends World {
  /** What the registry was asked for. */
  readonly pulls: { image: string; atMs: number }[];
  constructor(options: { seed?: number; workers?: number; cpu?: string } = {}) {
    const worker = (n: number) => ({
      name: `worker-${n}`,
      role: 'worker' as const,
      cpu: options.cpu ?? '2',
      memory: '4Gi',
      zone: n % 2 === 1 ? 'zone-a' : 'zone-b',
    });
    const workers = Array.from({ length: options.workers ?? 3 }, (_, i) => worker(i + 1));
    const pulls: { image: string; atMs: number }[] = [];
    super({
      profile: {
        apiVersion: 'culprit.dev/v1',
        kind: 'ClusterProfile',
        name: 'test',
        provider: 'embedded',
        embedded: {
          kubernetesVersion: 'v1.34.2',
          nodes: [
            { name: 'control-plane-1', role: 'control-plane', cpu: '2', memory: '4Gi', zone: 'zone-a' },
            ...workers,
          ],
        },
      },
      seed: options.seed ?? 1,
      startMs: Date.UTC(2026, 2, 4, 5, 6, 7, 89),
      runtime: ({ simulation }) => scriptedRuntime(simulation, pulls),
    });
    this.pulls = pulls;
    this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'shop' } } });
  }

  apply(object: KubeObject): KubeObject {
    return this.store.create(object, operator);
  }

  /** Changes an object as an operator would. */
  edit(resource: string, name: string, change: (object: KubeObject) => KubeObject, namespace = 'shop'): void {
    const object = this.store.get(resource, namespace, name);
    if (object === undefined) throw new Error(`${resource} ${name} is not there`);
    this.store.update(change(object), operator);
  }

  pass(seconds: number): void {
    this.simulation.runUntil(this.simulation.nowMs + seconds * 1000);
  }

  pods(app?: string): readonly Pod[] {
    const pods = this.store.list('pods', 'shop') as readonly Pod[];
    return app === undefined ? pods : pods.filter((pod) => pod.metadata.labels?.['app'] === app);
  }

  /** `Kind/name reason ×count: message` of events in the order of their names, of a reason if given. */
  events(
    reason?: string,
  ): { about: string; reason: string; count: number; message: string; first: string; last: string }[] {
    return this.store
      .list('events')
      .map((event) => {
        const about = event['involvedObject'] as { kind: string; name: string };
        return {
          about: `${about.kind}/${about.name}`,
          reason: String(event['reason']),
          count: Number(event['count']),
          message: String(event['message']),
          first: String(event['firstTimestamp']),
          last: String(event['lastTimestamp']),
        };
      })
      .filter((event) => reason === undefined || event.reason === reason);
  }
}

/** A Deployment of one container. */
export function deployment(
  name: string,
  image: string,
  options: {
    replicas?: number;
    container?: Record<string, unknown>;
    spec?: Record<string, unknown>;
    pod?: Record<string, unknown>;
  } = {},
): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: {
      replicas: options.replicas ?? 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            {
              name: 'main',
              image,
              ports: [{ name: 'http', containerPort: 8080 }],
              readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 5 },
              resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '64Mi' } },
              ...options.container,
            },
          ],
          ...options.pod,
        },
      },
      ...options.spec,
    },
  };
}

export function service(
  name: string,
  selector: Record<string, string>,
  targetPort: number | string = 'http',
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { selector, ports: [{ name: 'http', port: 80, targetPort }] },
  };
}

/** Sets the image of the first container of a pod template. */
export function withImage(object: KubeObject, image: string): KubeObject {
  const copy = structuredClone(object) as KubeObject & {
    spec: { template: { spec: { containers: { image: string }[] } } };
  };
  const container = copy.spec.template.spec.containers[0];
  if (container !== undefined) container.image = image;
  return copy;
}
