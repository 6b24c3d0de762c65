import { quantityMilli, quantityValue } from '../api/quantity.ts';
import type { Labels, ScrapeTarget, TargetRegistry } from '../contracts.ts';
import { type Node, resource } from '../controllers/kinds.ts';
import type { ContainerRecord } from './container-record.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodWorker } from './pod-worker.ts';

interface SeriesLabels {
  readonly starts: number;
  readonly container: Labels;
  readonly cpu: Labels;
  readonly network: Labels;
}

/** Adds a node's two scrape targets: the kubelet's own metrics and those of cAdvisor. */
export function addKubeletTargets(targets: TargetRegistry, kubelet: Kubelet): void {
  const labels = (path: string): Labels => ({
    job: 'kubelet',
    instance: `${kubelet.hostIp}:10250`,
    metrics_path: path,
    node: kubelet.node,
  });
  targets.add(new CadvisorTarget(kubelet, labels('/metrics/cadvisor')));
  targets.add(new KubeletTarget(kubelet, labels('/metrics')));
}

class KubeletTarget implements ScrapeTarget {
  readonly labels: Labels;
  readonly #kubelet: Kubelet;
  readonly #none: Labels = {};
  readonly #running: Labels = { container_state: 'running' };
  readonly #name: Labels;
  constructor(kubelet: Kubelet, labels: Labels) {
    this.#kubelet = kubelet;
    this.labels = labels;
    this.#name = { node: kubelet.node };
  }

  scrape(emit: (name: string, labels: Labels, value: number) => void): boolean {
    if (!this.#kubelet.isReachable) return false;
    let containers = 0;
    for (const worker of this.#kubelet.workers.values())
      for (const record of worker.records) if (record.process !== undefined) containers++;
    emit('kubelet_node_name', this.#name, 1);
    emit('kubelet_running_pods', this.#none, this.#kubelet.workers.size);
    emit('kubelet_running_containers', this.#running, containers);
    return true;
  }
}

class CadvisorTarget implements ScrapeTarget {
  readonly labels: Labels;
  readonly #kubelet: Kubelet;
  readonly #series = new Map<string, SeriesLabels>();
  readonly #machine: Labels = {};

  constructor(kubelet: Kubelet, labels: Labels) {
    this.#kubelet = kubelet;
    this.labels = labels;
  }

  scrape(emit: (name: string, labels: Labels, value: number) => void): boolean {
    if (!this.#kubelet.isReachable) return false;
    const { store } = this.#kubelet.context;
    const node = store.get(resource.nodes, undefined, this.#kubelet.node) as Node | undefined;
    emit('machine_cpu_cores', this.#machine, quantityValue(node?.status?.capacity?.['cpu']));
    emit('machine_memory_bytes', this.#machine, quantityValue(node?.status?.capacity?.['memory']));
    const known = new Set<string>();
    for (const worker of this.#kubelet.workers.values()) {
      let received = 0;
      let transmitted = 0;
      let network: Labels | undefined;
      for (const { record, usage } of worker.usage()) {
        const id = `${worker.uid}/${record.spec.name}`;
        known.add(id);
        const labels = this.#labelsOf(id, worker, record);
        network = labels.network;
        emit('container_cpu_usage_seconds_total', labels.cpu, usage.cpuSecondsTotal);
        emit('container_memory_working_set_bytes', labels.container, usage.memoryWorkingSetBytes);
        const { cpu, memory } = record.spec.resources?.limits ?? {};
        if (memory !== undefined)
          emit('container_spec_memory_limit_bytes', labels.container, quantityValue(memory));
        if (cpu !== undefined) {
          emit('container_spec_cpu_period', labels.container, 100_000);
          emit('container_spec_cpu_quota', labels.container, quantityMilli(cpu) * 100);
          emit('container_cpu_cfs_periods_total', labels.container, usage.cfsPeriodsTotal);
          emit('container_cpu_cfs_throttled_periods_total', labels.container, usage.cfsThrottledPeriodsTotal);
          emit('container_cpu_cfs_throttled_seconds_total', labels.container, usage.cfsThrottledSecondsTotal);
        }
        emit(
          'container_start_time_seconds',
          labels.container,
          Math.floor(Date.parse(record.state.running?.startedAt ?? '') / 1000) || 0,
        );
        received += usage.networkReceiveBytesTotal;
        transmitted += usage.networkTransmitBytesTotal;
      }
      if (network === undefined) continue;
      emit('container_network_receive_bytes_total', network, received);
      emit('container_network_transmit_bytes_total', network, transmitted);
    }
    for (const id of this.#series.keys()) if (!known.has(id)) this.#series.delete(id);
    return true;
  }

  #labelsOf(id: string, worker: PodWorker, record: ContainerRecord): SeriesLabels {
    const before = this.#series.get(id);
    if (before !== undefined && before.starts === record.starts) return before;
    const { namespace, name: pod } = worker.identity;
    const slice = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${worker.uid.replaceAll('-', '_')}.slice`;
    const runtimeId = (record.containerId ?? '').replace('containerd://', '');
    const container: Labels = {
      container: record.spec.name,
      id: `${slice}/cri-containerd-${runtimeId}.scope`,
      image: record.image?.name ?? record.spec.image,
      name: runtimeId,
      namespace,
      pod,
    };
    const labels = {
      starts: record.starts,
      container,
      cpu: { ...container, cpu: 'total' },
      // the network belongs to the pod: its labels stay when a container starts again
      network: before?.network ?? { id: slice, interface: 'eth0', namespace, pod },
    };
    this.#series.set(id, labels);
    return labels;
  }
}
