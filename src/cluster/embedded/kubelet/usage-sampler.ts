import { byText } from '../../../base/order.ts';
import { key as fold, unit } from '../../../base/random.ts';
import type { Simulation } from '../simulation.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodWorker } from './pod-worker.ts';

/** What metrics.k8s.io says about one pod. */
export interface PodUsage {
  readonly namespace: string;
  readonly name: string;
  /** End of the window. */
  readonly timeMs: number;
  readonly windowMs: number;
  readonly containers: readonly {
    readonly name: string;
    readonly cpuMillis: number;
    readonly memoryBytes: number;
  }[];
}

/** What metrics.k8s.io says about one node. */
export interface NodeUsage {
  readonly name: string;
  readonly timeMs: number;
  readonly windowMs: number;
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

interface Sample {
  readonly atMs: number;
  readonly starts: number;
  readonly cpuSeconds: number;
}

const periodMs = 15_000;

/** metrics-server: asks every kubelet every 15 s and answers with rates over that time. */
export class UsageSampler {
  readonly #simulation: Simulation;
  readonly #samples = new Map<string, Sample>();
  readonly #pods = new Map<string, PodUsage>();
  readonly #nodes = new Map<string, NodeUsage>();

  constructor(simulation: Simulation, seed: number, kubelets: Iterable<Kubelet>) {
    this.#simulation = simulation;
    for (const kubelet of kubelets)
      simulation.every(periodMs, periodMs * unit(fold(seed, 'metrics-server', kubelet.node)), () =>
        this.#sample(kubelet),
      );
  }

  /** The pod's usage; undefined while there are not two samples of it, or its node does not answer. */
  pod(namespace: string, name: string): PodUsage | undefined {
    const usage = this.#pods.get(`${namespace}/${name}`);
    // metrics-server forgets what it cannot refresh
    return usage === undefined || this.#simulation.nowMs - usage.timeMs > 2 * periodMs ? undefined : usage;
  }

  node(name: string): NodeUsage | undefined {
    const usage = this.#nodes.get(name);
    return usage === undefined || this.#simulation.nowMs - usage.timeMs > 2 * periodMs ? undefined : usage;
  }

  /** All pods with fresh usage, sorted by namespace and name. */
  pods(): readonly PodUsage[] {
    const fresh = [...this.#pods.values()].filter(
      ({ namespace, name }) => this.pod(namespace, name) !== undefined,
    );
    return fresh.sort(
      byText(
        (usage) => usage.namespace,
        (usage) => usage.name,
      ),
    );
  }

  /** All nodes with fresh usage, sorted by name. */
  nodes(): readonly NodeUsage[] {
    return [...this.#nodes.values()]
      .filter(({ name }) => this.node(name) !== undefined)
      .sort(byText((usage) => usage.name));
  }

  #sample(kubelet: Kubelet): void {
    if (!kubelet.isReachable) return;
    const nowMs = this.#simulation.nowMs;
    let nodeCpu = 90;
    let nodeMemory = 620 * 2 ** 20;
    for (const worker of kubelet.workers.values()) {
      const usage = this.#podUsage(worker, nowMs);
      const id = `${worker.identity.namespace}/${worker.identity.name}`;
      if (usage === undefined) this.#pods.delete(id);
      else this.#pods.set(id, usage);
      for (const container of usage?.containers ?? []) {
        nodeCpu += container.cpuMillis;
        nodeMemory += container.memoryBytes;
      }
    }
    this.#nodes.set(kubelet.node, {
      name: kubelet.node,
      timeMs: nowMs,
      windowMs: periodMs,
      cpuMillis: nodeCpu,
      memoryBytes: nodeMemory,
    });
  }

  #podUsage(worker: PodWorker, nowMs: number): PodUsage | undefined {
    const { namespace, name } = worker.identity;
    let windowMs = 0;
    let isWhole = true;
    const containers = worker.usage().flatMap(({ record, usage }) => {
      const id = `${worker.uid}/${record.spec.name}`;
      const before = this.#samples.get(id);
      this.#samples.set(id, { atMs: nowMs, starts: record.starts, cpuSeconds: usage.cpuSecondsTotal });
      if (before === undefined || before.starts !== record.starts) {
        isWhole = false;
        return [];
      }
      windowMs = nowMs - before.atMs;
      const cpuMillis = (1_000_000 * (usage.cpuSecondsTotal - before.cpuSeconds)) / windowMs;
      return [{ name: record.spec.name, cpuMillis, memoryBytes: usage.memoryWorkingSetBytes }];
    });
    return isWhole && containers.length > 0
      ? { namespace, name, timeMs: nowMs, windowMs, containers }
      : undefined;
  }
}
