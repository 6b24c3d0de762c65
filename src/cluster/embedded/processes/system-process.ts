import type { FailureKind } from '../../../workload/failure.ts';
import { MemoryModel } from '../../../workload/memory-model.ts';
import type { Emit, Labels } from '../../../workload/metrics.ts';
import type { ContainerStart } from '../contracts.ts';
import { CpuShare } from './cpu-share.ts';
import { EmbeddedProcess } from './embedded-process.ts';
import type { ProcessWorld } from './process-world.ts';

/** A container of the cluster itself: what it logs at its start, and how big it is. */
export interface SystemProgram {
  readonly repository: string;
  readonly baseMiB: number;
  /** Ports that answer health requests. */
  readonly ports: readonly number[];
  readonly lines: readonly string[];
}

/** Images the embedded cluster itself needs; any tag can be pulled. Their work is done by the cluster's own parts. */
export const systemPrograms: readonly SystemProgram[] = [
  { repository: 'registry.k8s.io/pause', baseMiB: 1, ports: [], lines: [] },
  {
    repository: 'registry.k8s.io/coredns/coredns',
    baseMiB: 22,
    ports: [8080, 8181, 53, 9153],
    lines: [
      '.:53',
      '[INFO] plugin/reload: Running configuration SHA512 = 591cf328cccc12bc490481273e738df59329c62c0b729d94e8b61db9961c2fa5f046dd37f1cf888b953814040d180f52594972691cd6ff41be96639138a43908',
      'CoreDNS-1.12.1',
      'linux/amd64, go1.24.1, 707c7c1',
    ],
  },
  {
    repository: 'registry.k8s.io/kube-proxy',
    baseMiB: 24,
    ports: [10256, 10249],
    lines: [
      'I1 server_linux.go:53] "Using iptables proxy"',
      'I1 server.go:715] "Successfully retrieved node IP(s)"',
    ],
  },
  {
    repository: 'docker.io/kindest/kindnetd',
    baseMiB: 18,
    ports: [],
    lines: ['I1 main.go:109] connected to apiserver: https://10.96.0.1:443'],
  },
  { repository: 'registry.k8s.io/kube-apiserver', baseMiB: 280, ports: [6443], lines: [] },
  { repository: 'registry.k8s.io/kube-controller-manager', baseMiB: 60, ports: [10257], lines: [] },
  { repository: 'registry.k8s.io/kube-scheduler', baseMiB: 28, ports: [10259], lines: [] },
  { repository: 'registry.k8s.io/etcd', baseMiB: 48, ports: [2379, 2381], lines: [] },
  {
    repository: 'registry.k8s.io/metrics-server/metrics-server',
    baseMiB: 24,
    ports: [10250, 4443],
    lines: ['I1 serving.go:380] Generated self-signed cert in-memory'],
  },
];

/** An idle process that answers probes. */
export class SystemProcess extends EmbeddedProcess {
  readonly #program: SystemProgram;
  readonly #none: Labels = {};
  constructor(world: ProcessWorld, container: ContainerStart, program: SystemProgram) {
    const memory = new MemoryModel({
      baseMiB: program.baseMiB,
      cacheMiB: 0,
      cacheFillMs: 1,
      garbageMiB: 0,
      startupMs: 500,
      startMs: world.simulation.nowMs,
      limitBytes: container.memoryLimitBytes,
    });
    super(world, container, new CpuShare(container.cpuLimitMillis, 1), memory);
    this.#program = program;
  }
  begin(): void {
    this.after(300, () => {
      for (const line of this.#program.lines) this.write(line);
      for (const port of this.#program.ports) this.world.bind(this, port);
    });
    this.after(2000, () => this.checkMemory());
  }
  override probeHttp(port: number, _path: string, done: (status: number | 'refused') => void): void {
    this.after(0.5, () => done(this.#isUp(port) ? 200 : 'refused'));
  }
  override probeTcp(port: number, done: (open: boolean) => void): void {
    this.after(0.5, () => done(this.#isUp(port)));
  }
  #isUp(port: number): boolean {
    return this.nowMs() - this.startMs >= 300 && this.#program.ports.includes(port);
  }
  admit(): FailureKind | undefined {
    return 'reset';
  }
  receive(): void {}
  disconnected(): void {}
  terminate(): void {
    this.after(100, () => this.exit(0));
  }
  health(_path: string, done: (status: number) => void): void {
    done(200);
  }
  expose(emit: Emit): void {
    emit('process_resident_memory_bytes', this.#none, this.memory.workingSetBytes(this.nowMs()));
  }
  protected override died(): void {
    for (const port of this.#program.ports) this.world.unbind(this, port);
  }
}
