import { rfc3339Seconds } from '../../../base/clock.ts';
import { jsonEqual } from '../../../base/json.ts';
import { key as fold, Random, unit } from '../../../base/random.ts';
import { quantityMilli, quantityValue } from '../api/quantity.ts';
import type { ContainerRuntime, ContainerUsage, PodIdentity } from '../contracts.ts';
import { type ControlContext, stamp } from '../controllers/control-context.ts';
import { resolvePort } from '../controllers/endpoints.ts';
import { type Container, keyOf, type Pod, resource } from '../controllers/kinds.ts';
import type { Timer } from '../simulation.ts';
import type { ContainerLogs } from './container-logs.ts';
import { type ContainerRecord, isDone, newRecord } from './container-record.ts';
import { ConfigError, expand, resolveEnvironment } from './environment.ts';
import { fullReference, type ImageStore } from './image-store.ts';
import { podStatus } from './pod-status.ts';
import { ProbeWorker } from './probe-worker.ts';
import { mountFailures } from './volumes.ts';

/** What a pod worker needs of its node. */
export interface NodeAgent {
  readonly context: ControlContext;
  readonly node: string;
  readonly hostIp: string;
  readonly runtime: ContainerRuntime;
  readonly images: ImageStore;
  readonly logs: ContainerLogs;
  readonly isReachable: boolean;
  takeIp(): string;
  /** The sandbox of the pod came or went: the network has to know. */
  sandboxChanged(identity: PodIdentity, isUp: boolean): void;
  containerStarted(worker: PodWorker, record: ContainerRecord): void;
  containerEnded(worker: PodWorker, record: ContainerRecord): void;
  /** The worker has nothing left to do. */
  finished(worker: PodWorker): void;
}

const manager = { manager: 'kubelet' } as const;

/** The kubelet's work on one pod: volumes, sandbox, images, containers, probes, restarts, the end. */
export class PodWorker {
  readonly uid: string;
  readonly records: readonly ContainerRecord[];
  readonly #agent: NodeAgent;
  readonly #context: ControlContext;
  readonly #identityKey: number;
  #pod: Pod;
  #draws = 0;
  #startTime: string | undefined;
  #podIp: string | undefined;
  #sandbox: 'none' | 'starting' | 'up' | 'down' = 'none';
  #mountTries = 0;
  #wake: { dueMs: number; timer: Timer } | undefined;
  #isTerminating = false;
  #isGone = false;

  constructor(agent: NodeAgent, pod: Pod) {
    this.#agent = agent;
    this.#context = agent.context;
    this.#pod = pod;
    this.uid = pod.metadata.uid ?? '';
    this.#identityKey = fold(agent.context.seed, 'kubelet', this.uid);
    const init = pod.spec.initContainers ?? [];
    this.records = [
      ...init.map((spec) =>
        newRecord(spec, spec.restartPolicy === 'Always' ? 'sidecar' : 'init', 'PodInitializing'),
      ),
      ...pod.spec.containers.map((spec) =>
        newRecord(spec, 'main', init.length > 0 ? 'PodInitializing' : 'ContainerCreating'),
      ),
    ];
    this.wake(this.#latency(4, 40));
  }

  get pod(): Pod {
    return this.#pod;
  }

  get identity(): PodIdentity {
    const { namespace = '', name, labels = {} } = this.#pod.metadata;
    return { namespace, name, uid: this.uid, ip: this.#podIp ?? '', node: this.#agent.node, labels };
  }

  /** The API server's pod changed. */
  update(pod: Pod): void {
    const isDeletion =
      pod.metadata.deletionTimestamp !== undefined && this.#pod.metadata.deletionTimestamp === undefined;
    const isShorter =
      (pod.metadata.deletionGracePeriodSeconds ?? 0) < (this.#pod.metadata.deletionGracePeriodSeconds ?? 0);
    this.#pod = pod;
    if (isDeletion || isShorter) this.wake(this.#latency(2, 20));
  }

  /** The pod is gone from the API: what still runs is killed. */
  destroy(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#wake?.timer.cancel();
    for (const record of this.records) {
      this.#stopProbes(record);
      record.killTimer?.cancel();
      record.process?.kill();
      if (record.process !== undefined) this.#agent.containerEnded(this, record);
      record.process = undefined;
    }
    this.#dropSandbox();
    this.#agent.finished(this);
  }

  /** The node stops answering or comes back. */
  setReachable(reachable: boolean): void {
    for (const record of this.records) record.process?.setReachable(reachable);
    if (reachable) this.wake(this.#latency(50, 900));
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
      if (this.#agent.isReachable && !this.#isGone) this.#sync();
    });
    this.#wake = { dueMs, timer };
  }

  /** A delay of this pod's own: the n-th of its life. */
  #latency(lowMs: number, highMs: number): number {
    return lowMs + (highMs - lowMs) * unit(fold(this.#identityKey, this.#draws++));
  }

  /** After a failed sync a kubelet looks again in 10 to 15 s. */
  #wakeAfterFailure(): void {
    this.wake(this.#latency(10_000, 15_000));
  }

  #now(): string {
    return stamp(this.#context, this.#pod);
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string, record?: ContainerRecord): void {
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
    if (this.#isFinished()) return this.#report();
    if (this.#startTime === undefined) {
      this.#startTime = this.#pod.status?.startTime ?? this.#now();
      this.#report();
    }
    if (this.#sandbox === 'none') return this.#startSandbox();
    if (this.#sandbox !== 'up') return;
    this.#startContainers();
    this.#report();
  }

  #isFinished(): boolean {
    return this.#pod.status?.phase === 'Succeeded' || this.#pod.status?.phase === 'Failed';
  }

  #startSandbox(): void {
    const failures = mountFailures(this.#context.store, this.#pod);
    if (failures.length > 0) {
      for (const { message } of failures) this.#event('Warning', 'FailedMount', message);
      return this.wake(Math.min(122_000, 500 * 2 ** this.#mountTries++));
    }
    this.#sandbox = 'starting';
    this.#context.simulation.after(this.#latency(180, 700), () => {
      if (this.#isGone || this.#isTerminating) return;
      if (!this.#agent.isReachable) {
        this.#sandbox = 'none';
        return;
      }
      this.#podIp = this.#pod.spec.hostNetwork === true ? this.#agent.hostIp : this.#agent.takeIp();
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
        this.#ensureRunning(record);
      if (!isThrough) return;
    }
    for (const record of this.records) if (record.role === 'main') this.#ensureRunning(record);
  }

  #ensureRunning(record: ContainerRecord): void {
    // a container that ended counts as running until the kubelet has noticed
    if (record.process !== undefined || record.isBusy || record.state.running !== undefined) return;
    if (!this.#mayRestart(record)) return;
    const { nowMs } = this.#context.simulation;
    if (record.finishedMs !== undefined && record.restarts.isWaiting(record.finishedMs, nowMs))
      return this.#waitForRestart(record);
    this.#withImage(record, () => this.#create(record));
  }

  #mayRestart(record: ContainerRecord): boolean {
    const exit = record.lastExitCode ?? record.state.terminated?.exitCode;
    if (exit === undefined || record.role === 'sidecar') return true;
    const policy = this.#pod.spec.restartPolicy ?? 'Always';
    if (record.role === 'init') return exit !== 0 && policy !== 'Never';
    return policy === 'Always' || (policy === 'OnFailure' && exit !== 0);
  }

  #waitForRestart(record: ContainerRecord): void {
    const { name } = record.spec;
    const pod = `${this.#pod.metadata.name}_${this.#pod.metadata.namespace}(${this.uid})`;
    this.#event('Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${pod}`, record);
    // the status of this sync was made before: the reason shows from the next one on
    if (record.state.terminated !== undefined && record.isFreshlyEnded) {
      record.isFreshlyEnded = false;
      return this.wake(this.#latency(700, 1300));
    }
    this.#setWaiting(
      record,
      'CrashLoopBackOff',
      `back-off ${record.restarts.text} restarting failed container=${name} pod=${pod}`,
    );
    this.#wakeAfterFailure();
  }

  #setWaiting(record: ContainerRecord, reason: string, message?: string): void {
    if (record.state.terminated !== undefined) record.lastState = { terminated: record.state.terminated };
    record.state = { waiting: { reason, ...(message === undefined ? {} : { message }) } };
  }

  // ---- images ---------------------------------------------------------------------------------------------------

  #withImage(record: ContainerRecord, then: () => void): void {
    const { image, imagePullPolicy } = record.spec;
    const here = this.#agent.images.get(image);
    const policy = imagePullPolicy ?? (fullReference(image).endsWith(':latest') ? 'Always' : 'IfNotPresent');
    if (here !== undefined && policy !== 'Always') {
      this.#event('Normal', 'Pulled', `Container image "${image}" already present on machine`, record);
      record.image = here;
      return then();
    }
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      this.#event('Warning', 'ErrImageNeverPull', message, record);
      this.#event('Warning', 'Failed', 'Error: ErrImageNeverPull', record);
      this.#setWaiting(record, 'ErrImageNeverPull', message);
      return this.#wakeAfterFailure();
    }
    const { nowMs } = this.#context.simulation;
    if (record.pulls.isWaitingSinceUpdate(nowMs)) {
      this.#event('Normal', 'BackOff', `Back-off pulling image "${image}"`, record);
      this.#event('Warning', 'Failed', 'Error: ImagePullBackOff', record);
      this.#setWaiting(
        record,
        'ImagePullBackOff',
        `Back-off pulling image "${image}": ErrImagePull: ${record.pullError ?? ''}`,
      );
      return this.#wakeAfterFailure();
    }
    this.#event('Normal', 'Pulling', `Pulling image "${image}"`, record);
    record.isBusy = true;
    this.#agent.images.pull(image, (result) => {
      record.isBusy = false;
      if (this.#isGone || this.#isTerminating || !this.#agent.isReachable) return;
      if (result.ok) {
        const took = goDuration(result.tookMs);
        const all = goDuration(result.tookMs + result.waitedMs);
        const size = `Image size: ${result.image.sizeBytes} bytes.`;
        this.#event(
          'Normal',
          'Pulled',
          `Successfully pulled image "${image}" in ${took} (${all} including waiting). ${size}`,
          record,
        );
        record.image = result.image;
        return then();
      }
      const isFirst = record.pullError === undefined;
      record.pulls.next(nowMs, this.#context.simulation.nowMs);
      record.pullError = result.message;
      this.#event('Warning', 'Failed', `Failed to pull image "${image}": ${result.message}`, record);
      this.#event('Warning', 'Failed', 'Error: ErrImagePull', record);
      this.#setWaiting(record, 'ErrImagePull', result.message);
      this.#report();
      if (isFirst) this.wake(this.#latency(500, 1500));
      else this.#wakeAfterFailure();
    });
  }

  // ---- containers -----------------------------------------------------------------------------------------------

  #create(record: ContainerRecord): void {
    const { simulation, store, seed } = this.#context;
    const refusal = unsimulated(record.spec);
    let env: Record<string, string>;
    try {
      if (refusal !== undefined) throw new ConfigError(refusal);
      env = resolveEnvironment(
        { store, podIp: this.#podIp ?? '', hostIp: this.#agent.hostIp },
        this.#pod,
        record.spec,
      );
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#event('Warning', 'Failed', `Error: ${error.message}`, record);
      this.#setWaiting(record, 'CreateContainerConfigError', error.message);
      this.#report();
      return this.#wakeAfterFailure();
    }
    record.isBusy = true;
    simulation.after(this.#latency(40, 160), () => {
      if (!this.#isStillWanted(record)) return;
      const id = new Random(fold(seed, 'container', this.uid, record.spec.name, record.starts)).hex(64);
      record.containerId = `containerd://${id}`;
      this.#event('Normal', 'Created', `Created container: ${record.spec.name}`, record);
      simulation.after(this.#latency(30, 140), () => {
        if (this.#isStillWanted(record)) this.#start(record, env);
      });
    });
  }

  /** Whether a start that is under way goes on: the pod is there and so is its node. */
  #isStillWanted(record: ContainerRecord): boolean {
    if (!this.#isGone && !this.#isTerminating && this.#agent.isReachable) return true;
    record.isBusy = false;
    return false;
  }

  #start(record: ContainerRecord, env: Record<string, string>): void {
    const { simulation } = this.#context;
    const { spec } = record;
    if (record.finishedMs !== undefined) {
      record.restarts.next(record.finishedMs, simulation.nowMs);
      record.restartCount++;
    }
    const limits = spec.resources?.limits ?? {};
    const instance = record.starts++;
    const log = this.#agent.logs.open(this.identity, spec.name, instance);
    const started = record.starts;
    record.log = log;
    record.isBusy = false;
    record.isStopping = false;
    record.isFreshlyEnded = false;
    record.lastExitCode = undefined;
    if (record.state.terminated !== undefined) record.lastState = { terminated: record.state.terminated };
    record.state = { running: { startedAt: this.#now() } };
    record.finishedMs = undefined;
    record.started = spec.startupProbe === undefined;
    record.ready = spec.readinessProbe === undefined && record.started;
    record.killTimer?.cancel();
    let hasExited = false;
    const process = this.#agent.runtime.start({
      pod: this.identity,
      name: spec.name,
      image: spec.image,
      instance,
      command: (spec.command ?? []).map((part) => expand(part, env)),
      args: (spec.args ?? []).map((part) => expand(part, env)),
      env,
      cpuLimitMillis: limits['cpu'] === undefined ? undefined : quantityMilli(limits['cpu']),
      memoryLimitBytes: limits['memory'] === undefined ? undefined : quantityValue(limits['memory']),
      write: (text) => this.#agent.logs.append(log, simulation.nowMs, text),
      exited: (exit) => {
        if (hasExited || record.starts !== started) return;
        hasExited = true;
        this.#exited(record, exit.code, exit.oomKilled);
      },
    });
    this.#event('Normal', 'Started', `Started container ${spec.name}`, record);
    if (hasExited) return;
    record.process = process;
    if (!this.#agent.isReachable) process.setReachable(false);
    this.#agent.containerStarted(this, record);
    this.#startProbes(record);
    this.wake(this.#latency(60, 1000));
  }

  #exited(record: ContainerRecord, code: number, oomKilled: boolean): void {
    const { simulation } = this.#context;
    const finishedAt = this.#now();
    record.finishedMs = simulation.nowMs;
    record.lastExitCode = code;
    record.killTimer?.cancel();
    this.#stopProbes(record);
    if (record.process !== undefined) this.#agent.containerEnded(this, record);
    record.process = undefined;
    // the kubelet finds out when it looks at the runtime again, once a second
    const noticeMs = this.#isTerminating ? this.#latency(10, 80) : this.#latency(20, 1000);
    simulation.after(noticeMs, () => {
      if (this.#isGone) return;
      this.#noteEnd(record, code, oomKilled, finishedAt);
      if (!this.#agent.isReachable) return;
      if (this.#isTerminating) return this.#finishTermination();
      this.#report();
      this.wake(0);
    });
  }

  #noteEnd(record: ContainerRecord, exitCode: number, oomKilled: boolean, finishedAt: string): void {
    record.ready = false;
    record.started = false;
    record.isFreshlyEnded = true;
    record.state = {
      terminated: {
        exitCode,
        reason: oomKilled ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
        startedAt: record.state.running?.startedAt ?? finishedAt,
        finishedAt,
        ...(record.containerId === undefined ? {} : { containerID: record.containerId }),
      },
    };
  }

  /** Ends a container: pre-stop hook, SIGTERM, and SIGKILL when the grace is over. */
  #stop(record: ContainerRecord, graceMs: number, message: string): void {
    const { process } = record;
    if (process === undefined || record.isStopping) return;
    const { simulation } = this.#context;
    record.isStopping = true;
    this.#event('Normal', 'Killing', message, record);
    const hookMs = Math.min(graceMs, preStopMs(record.spec));
    if (hookMs > 0) simulation.after(hookMs, () => record.process === process && process.terminate());
    else process.terminate();
    if (record.process !== process) return;
    record.killTimer = simulation.after(graceMs, () => {
      if (record.process !== process || this.#isGone) return;
      process.kill();
      this.#exited(record, 137, false);
    });
  }

  #gracePeriodMs(): number {
    return (
      (this.#pod.metadata.deletionGracePeriodSeconds ?? this.#pod.spec.terminationGracePeriodSeconds ?? 30) *
      1000
    );
  }

  // ---- probes ---------------------------------------------------------------------------------------------------

  #startProbes(record: ContainerRecord): void {
    const { process, spec } = record;
    if (process === undefined) return;
    const { simulation } = this.#context;
    const target = {
      process,
      ip: this.#podIp ?? '',
      port: (port: number | string) => resolvePort(this.#pod, port) ?? 0,
      isDue: (kind: 'Liveness' | 'Readiness' | 'Startup') =>
        this.#agent.isReachable &&
        !record.isStopping &&
        (kind === 'Startup' ? !record.started : record.started),
      failed: (kind: 'Liveness' | 'Readiness' | 'Startup', output: string) =>
        this.#event('Warning', 'Unhealthy', `${kind} probe failed: ${output}`, record),
      changed: (kind: 'Liveness' | 'Readiness' | 'Startup', success: boolean) =>
        this.#probed(record, kind, success),
    };
    const phaseKey = fold(this.#identityKey, 'probe', spec.name, record.starts);
    record.probes = (
      [
        ['Startup', spec.startupProbe],
        ['Liveness', spec.livenessProbe],
        ['Readiness', spec.readinessProbe],
      ] as const
    ).flatMap(([kind, probe]) =>
      probe === undefined ? [] : [new ProbeWorker(simulation, phaseKey, kind, probe, target)],
    );
  }

  #stopProbes(record: ContainerRecord): void {
    for (const probe of record.probes) probe.stop();
    record.probes = [];
  }

  #probed(record: ContainerRecord, kind: 'Liveness' | 'Readiness' | 'Startup', success: boolean): void {
    if (kind === 'Readiness') record.ready = success;
    else if (success && kind === 'Startup') {
      record.started = true;
      if (record.spec.readinessProbe === undefined) record.ready = true;
    } else if (!success) {
      const probe = kind === 'Startup' ? record.spec.startupProbe : record.spec.livenessProbe;
      const grace =
        (probe?.terminationGracePeriodSeconds ?? this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
      this.#stop(
        record,
        grace,
        `Container ${record.spec.name} failed ${kind.toLowerCase()} probe, will be restarted`,
      );
      return;
    } else return;
    this.#report();
    if (kind === 'Startup') this.wake(0);
  }

  // ---- the end --------------------------------------------------------------------------------------------------

  #terminate(): void {
    const graceMs = this.#gracePeriodMs();
    if (this.#isTerminating) {
      // asked again, with less grace
      for (const record of this.records) {
        const { process } = record;
        if (process === undefined || record.killTimer === undefined) continue;
        record.killTimer.cancel();
        record.killTimer = this.#context.simulation.after(graceMs, () => {
          if (record.process !== process) return;
          process.kill();
          this.#exited(record, 137, false);
        });
      }
      return this.#finishTermination();
    }
    this.#isTerminating = true;
    for (const record of this.records) {
      this.#stopProbes(record);
      this.#stop(record, graceMs, `Stopping container ${record.spec.name}`);
    }
    this.#finishTermination();
  }

  #finishTermination(): void {
    if (this.records.some((record) => record.process !== undefined)) return;
    const { simulation, store } = this.#context;
    if (this.#sandbox === 'up') {
      this.#startTime ??= this.#now();
      this.#report();
    }
    this.#dropSandbox();
    simulation.after(this.#latency(60, 400), () => {
      if (this.#isGone || !this.#agent.isReachable) return;
      const { namespace = '', name } = this.#pod.metadata;
      const current = store.get(resource.pods, namespace, name);
      if (current?.metadata.uid === this.uid)
        store.remove(
          { apiVersion: 'v1', kind: 'Pod', namespace, name },
          { ...manager, gracePeriodSeconds: 0 },
        );
    });
  }

  #report(): void {
    const { store } = this.#context;
    const current = store.get(resource.pods, this.#pod.metadata.namespace, this.#pod.metadata.name) as
      | Pod
      | undefined;
    if (current === undefined || current.metadata.uid !== this.uid) return;
    const status = podStatus(this.#context, {
      pod: current,
      records: this.records,
      hostIp: this.#agent.hostIp,
      podIp: this.#podIp,
      startTime: this.#startTime ?? rfc3339Seconds(this.#context.simulation.nowMs),
      isTerminating: this.#isTerminating,
    });
    if (!jsonEqual(current.status ?? {}, status))
      this.#pod = store.updateStatus({ ...current, status }, manager) as Pod;
    else this.#pod = current;
  }

  /** Key of the pod, for messages. */
  get key(): string {
    return keyOf(this.#pod);
  }
}

/** Go's text of a duration of seconds or less: `1.234s`, `321ms`. */
function goDuration(ms: number): string {
  const rounded = Math.max(1, Math.round(ms));
  return rounded < 1000 ? `${rounded}ms` : `${String(rounded / 1000)}s`;
}

/** How long the pre-stop hook takes; only sleeping is simulated. */
function preStopMs(container: Container): number {
  const hook = container.lifecycle?.preStop;
  if (hook?.sleep !== undefined) return hook.sleep.seconds * 1000;
  const match = /\bsleep\s+(\d+(?:\.\d+)?)/.exec((hook?.exec?.command ?? []).join(' '));
  return match === null ? 0 : Number(match[1]) * 1000;
}

/** What the container asks for that this cluster does not simulate. */
function unsimulated(container: Container): string | undefined {
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const)
    if (container[probe]?.exec !== undefined)
      return `${probe} of type exec is not simulated by this cluster: use httpGet or tcpSocket`;
  return undefined;
}
