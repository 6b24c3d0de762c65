import { rfc3339Seconds } from '../../../base/clock.ts';
import { jsonEqual } from '../../../base/json.ts';
import { key as fold, unit } from '../../../base/random.ts';
import type { ContainerUsage, PodIdentity } from '../contracts.ts';
import { type ControlContext, stamp } from '../controllers/control-context.ts';
import { type Pod, resource } from '../controllers/kinds.ts';
import type { Timer } from '../simulation.ts';
import { type ContainerRecord, isDone, newRecord } from './container-record.ts';
import { ContainerRunner, type PodSide } from './container-runner.ts';
import type { NodeAgent } from './node-agent.ts';
import { podStatus } from './pod-status.ts';
import { mountFailures } from './volumes.ts';

const manager = { manager: 'kubelet' } as const;

/** The kubelet's work on one pod: volumes, sandbox, containers in order, status, the end. */
export class PodWorker implements PodSide {
  readonly uid: string;
  readonly records: readonly ContainerRecord[];
  /** Key of every draw about this pod. */
  readonly identityKey: number;
  podIp: string | undefined;
  isTerminating = false;
  isGone = false;
  readonly #agent: NodeAgent;
  readonly #runner: ContainerRunner;
  readonly #context: ControlContext;
  #pod: Pod;
  #draws = 0;
  #startTime: string | undefined;
  #sandbox: 'none' | 'starting' | 'up' | 'down' = 'none';
  #mountTries = 0;
  #wake: { dueMs: number; timer: Timer } | undefined;

  constructor(agent: NodeAgent, pod: Pod) {
    this.#agent = agent;
    this.#context = agent.context;
    this.#pod = pod;
    this.uid = pod.metadata.uid ?? '';
    this.identityKey = fold(agent.context.seed, 'kubelet', this.uid);
    const init = pod.spec.initContainers ?? [];
    this.records = [
      ...init.map((spec) =>
        newRecord(spec, spec.restartPolicy === 'Always' ? 'sidecar' : 'init', 'PodInitializing'),
      ),
      ...pod.spec.containers.map((spec) =>
        newRecord(spec, 'main', init.length > 0 ? 'PodInitializing' : 'ContainerCreating'),
      ),
    ];
    this.#runner = new ContainerRunner(agent, this);
    this.wake(this.latency(4, 40));
  }

  get pod(): Pod {
    return this.#pod;
  }

  get identity(): PodIdentity {
    const { namespace = '', name, labels = {} } = this.#pod.metadata;
    return { namespace, name, uid: this.uid, ip: this.podIp ?? '', node: this.#agent.node, labels };
  }

  /** The API server's pod changed. */
  update(pod: Pod): void {
    const isDeletion =
      pod.metadata.deletionTimestamp !== undefined && this.#pod.metadata.deletionTimestamp === undefined;
    const isShorter =
      (pod.metadata.deletionGracePeriodSeconds ?? 0) < (this.#pod.metadata.deletionGracePeriodSeconds ?? 0);
    this.#pod = pod;
    if (isDeletion || isShorter) this.wake(this.latency(2, 20));
  }

  /** The pod is gone from the API: what still runs is killed. */
  destroy(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#wake?.timer.cancel();
    for (const record of this.records) {
      this.#runner.stopProbes(record);
      record.killTimer?.cancel();
      record.process?.kill();
      record.process = undefined;
    }
    this.#dropSandbox();
    this.#agent.finished(this.uid);
  }

  /** The node stops answering or comes back. */
  setReachable(reachable: boolean): void {
    for (const record of this.records) record.process?.setReachable(reachable);
    if (reachable) this.wake(this.latency(50, 900));
  }

  usage(): { record: ContainerRecord; usage: ContainerUsage }[] {
    return this.records.flatMap((record) =>
      record.process === undefined ? [] : [{ record, usage: record.process.usage() }],
    );
  }

  /** Looks at the pod again after a delay, or earlier if that is planned. */
  wake(delayMs: number): void {
    const { simulation } = this.#context;
    const dueMs = simulation.nowMs + delayMs;
    if (this.#wake !== undefined) {
      if (this.#wake.dueMs <= dueMs) return;
      this.#wake.timer.cancel();
    }
    const timer = simulation.at(dueMs, () => {
      this.#wake = undefined;
      if (this.#agent.isReachable && !this.isGone) this.#sync();
    });
    this.#wake = { dueMs, timer };
  }

  /** A delay of this pod's own: the n-th of its life. */
  latency(lowMs: number, highMs: number): number {
    return lowMs + (highMs - lowMs) * unit(fold(this.identityKey, this.#draws++));
  }

  /** After a failed sync a kubelet looks again in 10 to 15 s. */
  wakeAfterFailure(): void {
    this.wake(this.latency(10_000, 15_000));
  }

  #now(): string {
    return stamp(this.#context, this.#pod);
  }

  /** Records an Event about the pod, or one of its containers. */
  event(type: 'Normal' | 'Warning', reason: string, message: string, record?: ContainerRecord): void {
    const path =
      record === undefined
        ? undefined
        : `spec.${record.role === 'main' ? 'containers' : 'initContainers'}{${record.spec.name}}`;
    this.#context.events.record(
      this.#pod,
      type,
      reason,
      message,
      { component: 'kubelet', host: this.#agent.node },
      path,
    );
  }

  #sync(): void {
    if (this.#pod.metadata.deletionTimestamp !== undefined) return this.#terminate();
    if (this.#isFinished()) return this.report();
    if (this.#startTime === undefined) {
      this.#startTime = this.#pod.status?.startTime ?? this.#now();
      this.report();
    }
    if (this.#sandbox === 'none') return this.#startSandbox();
    if (this.#sandbox !== 'up') return;
    this.#startContainers();
    this.report();
  }

  #isFinished(): boolean {
    return this.#pod.status?.phase === 'Succeeded' || this.#pod.status?.phase === 'Failed';
  }

  #startSandbox(): void {
    const failures = mountFailures(this.#context.store, this.#pod);
    if (failures.length > 0) {
      for (const { message } of failures) this.event('Warning', 'FailedMount', message);
      return this.wake(Math.min(122_000, 500 * 2 ** this.#mountTries++));
    }
    this.#sandbox = 'starting';
    this.#context.simulation.after(this.latency(180, 700), () => {
      if (this.isGone || this.isTerminating) return;
      if (!this.#agent.isReachable) {
        this.#sandbox = 'none';
        return;
      }
      this.podIp = this.#pod.spec.hostNetwork === true ? this.#agent.hostIp : this.#agent.takeIp();
      this.#sandbox = 'up';
      this.#agent.sandboxChanged(this.identity, true);
      this.wake(0);
    });
  }

  #dropSandbox(): void {
    if (this.#sandbox === 'up') this.#agent.sandboxChanged(this.identity, false);
    this.#sandbox = 'down';
  }

  #startContainers(): void {
    for (const record of this.records) {
      if (record.role === 'main') continue;
      const isThrough = record.role === 'sidecar' ? record.started : isDone(record);
      if (!isThrough || (record.role === 'sidecar' && record.process === undefined))
        this.#runner.ensureRunning(record);
      if (!isThrough) return;
    }
    for (const record of this.records) if (record.role === 'main') this.#runner.ensureRunning(record);
  }

  // ---- the end --------------------------------------------------------------------------------------------------

  #gracePeriodMs(): number {
    return (
      (this.#pod.metadata.deletionGracePeriodSeconds ?? this.#pod.spec.terminationGracePeriodSeconds ?? 30) *
      1000
    );
  }

  #terminate(): void {
    const graceMs = this.#gracePeriodMs();
    if (this.isTerminating) {
      // asked again, with less grace
      for (const record of this.records) {
        const { process } = record;
        if (process === undefined || record.killTimer === undefined) continue;
        record.killTimer.cancel();
        record.killTimer = this.#context.simulation.after(graceMs, () => {
          if (record.process !== process) return;
          process.kill();
          this.#runner.exited(record, 137, false);
        });
      }
      return this.containerGone();
    }
    this.isTerminating = true;
    for (const record of this.records)
      this.#runner.stop(record, graceMs, `Stopping container ${record.spec.name}`);
    this.containerGone();
  }

  /** Removes the pod once all its containers have ended. */
  containerGone(): void {
    if (this.records.some((record) => record.process !== undefined)) return;
    const { simulation, store } = this.#context;
    if (this.#sandbox === 'up') {
      this.#startTime ??= this.#now();
      this.report();
    }
    this.#dropSandbox();
    simulation.after(this.latency(60, 400), () => {
      if (this.isGone || !this.#agent.isReachable) return;
      const { namespace = '', name } = this.#pod.metadata;
      const current = store.get(resource.pods, namespace, name);
      if (current?.metadata.uid === this.uid)
        store.remove(
          { apiVersion: 'v1', kind: 'Pod', namespace, name },
          { ...manager, gracePeriodSeconds: 0 },
        );
    });
  }

  /** Writes the status if it changed. */
  report(): void {
    const { store } = this.#context;
    const current = store.get(resource.pods, this.#pod.metadata.namespace, this.#pod.metadata.name) as
      | Pod
      | undefined;
    if (current === undefined || current.metadata.uid !== this.uid) return;
    const status = podStatus(this.#context, {
      pod: current,
      records: this.records,
      hostIp: this.#agent.hostIp,
      podIp: this.podIp,
      startTime: this.#startTime ?? rfc3339Seconds(this.#context.simulation.nowMs),
      isTerminating: this.isTerminating,
    });
    if (!jsonEqual(current.status ?? {}, status))
      this.#pod = store.updateStatus({ ...current, status }, manager) as Pod;
    else this.#pod = current;
  }
}
