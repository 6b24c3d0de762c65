import type {
  ContainerProcess,
  PodIdentity,
  ScrapeTarget,
} from '../../../../src/cluster/embedded/contracts.ts';
import {
  createContainerRuntime,
  type EmbeddedContainerRuntime,
} from '../../../../src/cluster/embedded/processes/container-runtime.ts';
import { Simulation } from '../../../../src/cluster/embedded/simulation.ts';
import type { Program } from '../../../../src/spec/program.ts';
import type { FinishedSpan } from '../../../../src/workload/tracing.ts';
import { FlatNetwork } from './flat-network.ts';

export interface Started {
  readonly pod: PodIdentity;
  readonly process: ContainerProcess;
  readonly lines: string[];
  readonly exits: { code: number; oomKilled: boolean; atMs: number }[];
}

/** A program with only what matters; image `test/<name>`, one release `1`. */
export function program(name: string, rest: Partial<Program>): Program {
  return {
    name,
    summary: name,
    kind: 'service',
    image: `test/${name}`,
    startupMs: 100,
    releases: [{ tag: '1' }],
    ...rest,
  };
}

export interface StartOptions {
  readonly tag?: string;
  readonly replica?: number;
  readonly env?: Record<string, string>;
  readonly args?: string[];
  readonly cpuLimitMillis?: number;
  readonly memoryLimitMiB?: number;
}

/** A few processes on a flat network; every pod is `name-<replica>` behind a service of the program's name. */
export class SmallWorld {
  readonly simulation = new Simulation(Date.UTC(2026, 2, 4));
  readonly network = new FlatNetwork();
  readonly runtime: EmbeddedContainerRuntime;
  readonly targets: ScrapeTarget[] = [];
  readonly #programs: readonly Program[];

  constructor(
    programs: readonly Program[],
    options: { rate?: number; seed?: number; sampling?: number; errorSampling?: number } = {},
  ) {
    this.#programs = programs;
    this.runtime = createContainerRuntime({
      simulation: this.simulation,
      seed: options.seed ?? 7,
      network: this.network,
      targets: {
        add: (target) => {
          this.targets.push(target);
          return { remove: () => void this.targets.splice(this.targets.indexOf(target), 1) };
        },
      },
      programs: new Map(programs.map((p) => [p.image, p])),
      requestsPerSecond: options.rate ?? 10,
      traceSampling: options.sampling ?? 1,
      errorTraceSampling: options.errorSampling ?? 0,
    });
    this.network.listens = (uid, port) => this.runtime.listensAt(uid, port);
  }

  /** Starts every program once, stores first. */
  startAll(options: Record<string, StartOptions> = {}): Record<string, Started> {
    return Object.fromEntries(this.#programs.map((p) => [p.name, this.start(p.name, options[p.name])]));
  }

  start(name: string, options: StartOptions = {}): Started {
    const found = this.#programs.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`no program ${name}`);
    const replica = options.replica ?? 0;
    const pod: PodIdentity = {
      namespace: 'shop',
      name: `${name}-${replica}`,
      uid: `uid-${name}-${replica}`,
      ip: `10.244.0.${replica + 5}`,
      node: 'n1',
      labels: { 'app.kubernetes.io/name': name },
    };
    const lines: string[] = [];
    const exits: Started['exits'] = [];
    this.network.remove('shop', name, pod.uid);
    this.network.add('shop', name, pod);
    const process = this.runtime.start({
      pod,
      name,
      image: `${found.image}:${options.tag ?? found.releases[0]!.tag}`,
      instance: 0,
      command: [],
      args: options.args ?? [],
      env: options.env ?? {},
      cpuLimitMillis: options.cpuLimitMillis,
      memoryLimitBytes: options.memoryLimitMiB === undefined ? undefined : options.memoryLimitMiB * 1024 ** 2,
      write: (line) => lines.push(line),
      exited: (exit) => exits.push({ ...exit, atMs: this.simulation.nowMs - this.simulation.startMs }),
    });
    return { pod, process, lines, exits };
  }

  run(seconds: number): void {
    this.simulation.runUntil(this.simulation.nowMs + seconds * 1000);
  }

  spans(filter: (span: FinishedSpan) => boolean = () => true): FinishedSpan[] {
    return [...this.runtime.spans.between(0, Number.POSITIVE_INFINITY)].filter(filter);
  }

  /** Sum of the current values of a metric of a service whose labels contain these. */
  metric(service: string, name: string, labels: Record<string, string> = {}): number {
    let sum = 0;
    for (const target of this.targets) {
      if (target.labels.service !== service) continue;
      target.scrape((metric, seriesLabels, value) => {
        if (metric === name && Object.entries(labels).every(([k, v]) => seriesLabels[k] === v)) sum += value;
      });
    }
    return sum;
  }
}

/** Users that ask for one page of `front` again and again. */
export function users(route = 'GET /page', upstream: { timeoutMs?: number } = {}): Program {
  return program('users', {
    kind: 'load-generator',
    runtime: 'python',
    upstreams: [{ name: 'front', protocol: 'http', address: 'front:8080', timeoutMs: 10_000, ...upstream }],
    journeys: [{ name: 'page', weight: 1, requests: [{ route }] }],
  });
}
