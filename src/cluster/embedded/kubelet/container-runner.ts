import { key as fold, Random } from '../../../base/random.ts';
import { quantityMilli, quantityValue } from '../api/quantity.ts';
import type { PodIdentity } from '../contracts.ts';
import { type ControlContext, stamp } from '../controllers/control-context.ts';
import { resolvePort } from '../controllers/endpoints.ts';
import type { Container, Pod } from '../controllers/kinds.ts';
import type { ContainerRecord } from './container-record.ts';
import { ConfigError, expand, resolveEnvironment } from './environment.ts';
import { fullReference } from './image-store.ts';
import type { NodeAgent } from './node-agent.ts';
import { type ProbeKind, ProbeWorker } from './probe-worker.ts';

/** The pod, as the code that runs its containers sees it. */
export interface PodSide {
  readonly uid: string;
  readonly pod: Pod;
  readonly identity: PodIdentity;
  readonly podIp: string | undefined;
  /** Key of every draw about this pod. */
  readonly identityKey: number;
  /** It is being ended. */
  readonly isTerminating: boolean;
  /** It is not in the API any more. */
  readonly isGone: boolean;
  /** A delay of this pod's own: the n-th of its life. */
  latency(lowMs: number, highMs: number): number;
  event(type: 'Normal' | 'Warning', reason: string, message: string, record?: ContainerRecord): void;
  /** Writes the status if it changed. */
  report(): void;
  /** Looks at the pod again after a delay. */
  wake(delayMs: number): void;
  /** Looks again when a kubelet does after a failed attempt. */
  wakeAfterFailure(): void;
  /** A container of a pod that is being ended has ended. */
  containerGone(): void;
}

/** Runs the containers of one pod: image, environment, start, probes, restarts with back-off, stop. */
export class ContainerRunner {
  readonly #agent: NodeAgent;
  readonly #context: ControlContext;
  readonly #side: PodSide;

  constructor(agent: NodeAgent, side: PodSide) {
    this.#agent = agent;
    this.#context = agent.context;
    this.#side = side;
  }

  /** Takes the next step towards a running container. */
  ensureRunning(record: ContainerRecord): void {
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
    const policy = this.#side.pod.spec.restartPolicy ?? 'Always';
    if (record.role === 'init') return exit !== 0 && policy !== 'Never';
    return policy === 'Always' || (policy === 'OnFailure' && exit !== 0);
  }

  #waitForRestart(record: ContainerRecord): void {
    const { name } = record.spec;
    const pod = `${this.#side.pod.metadata.name}_${this.#side.pod.metadata.namespace}(${this.#side.uid})`;
    this.#side.event(
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${name} in pod ${pod}`,
      record,
    );
    // the status of this sync was made before: the reason shows from the next one on
    if (record.state.terminated !== undefined && record.isFreshlyEnded) {
      record.isFreshlyEnded = false;
      return this.#side.wake(this.#side.latency(700, 1300));
    }
    this.#setWaiting(
      record,
      'CrashLoopBackOff',
      `back-off ${record.restarts.text} restarting failed container=${name} pod=${pod}`,
    );
    this.#side.wakeAfterFailure();
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
      this.#side.event('Normal', 'Pulled', `Container image "${image}" already present on machine`, record);
      record.image = here;
      return then();
    }
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      this.#side.event('Warning', 'ErrImageNeverPull', message, record);
      this.#side.event('Warning', 'Failed', 'Error: ErrImageNeverPull', record);
      this.#setWaiting(record, 'ErrImageNeverPull', message);
      return this.#side.wakeAfterFailure();
    }
    const { nowMs } = this.#context.simulation;
    if (record.pulls.isWaitingSinceUpdate(nowMs)) {
      this.#side.event('Normal', 'BackOff', `Back-off pulling image "${image}"`, record);
      this.#side.event('Warning', 'Failed', 'Error: ImagePullBackOff', record);
      this.#setWaiting(
        record,
        'ImagePullBackOff',
        `Back-off pulling image "${image}": ErrImagePull: ${record.pullError ?? ''}`,
      );
      return this.#side.wakeAfterFailure();
    }
    this.#side.event('Normal', 'Pulling', `Pulling image "${image}"`, record);
    record.isBusy = true;
    this.#agent.images.pull(image, (result) => {
      record.isBusy = false;
      if (this.#side.isGone || this.#side.isTerminating || !this.#agent.isReachable) return;
      if (result.ok) {
        const took = goDuration(result.tookMs);
        const all = goDuration(result.tookMs + result.waitedMs);
        const size = `Image size: ${result.image.sizeBytes} bytes.`;
        this.#side.event(
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
      this.#side.event('Warning', 'Failed', `Failed to pull image "${image}": ${result.message}`, record);
      this.#side.event('Warning', 'Failed', 'Error: ErrImagePull', record);
      this.#setWaiting(record, 'ErrImagePull', result.message);
      this.#side.report();
      if (isFirst) this.#side.wake(this.#side.latency(500, 1500));
      else this.#side.wakeAfterFailure();
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
        { store, podIp: this.#side.podIp ?? '', hostIp: this.#agent.hostIp },
        this.#side.pod,
        record.spec,
      );
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#side.event('Warning', 'Failed', `Error: ${error.message}`, record);
      this.#setWaiting(record, 'CreateContainerConfigError', error.message);
      this.#side.report();
      return this.#side.wakeAfterFailure();
    }
    record.isBusy = true;
    simulation.after(this.#side.latency(40, 160), () => {
      if (!this.#isStillWanted(record)) return;
      const id = new Random(fold(seed, 'container', this.#side.uid, record.spec.name, record.starts)).hex(64);
      record.containerId = `containerd://${id}`;
      this.#side.event('Normal', 'Created', `Created container: ${record.spec.name}`, record);
      simulation.after(this.#side.latency(30, 140), () => {
        if (this.#isStillWanted(record)) this.#start(record, env);
      });
    });
  }

  /** Whether a start that is under way goes on: the pod is there and so is its node. */
  #isStillWanted(record: ContainerRecord): boolean {
    if (!this.#side.isGone && !this.#side.isTerminating && this.#agent.isReachable) return true;
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
    const log = this.#agent.logs.open(this.#side.identity, spec.name, instance);
    const started = record.starts;
    record.log = log;
    record.isBusy = false;
    record.isStopping = false;
    record.isFreshlyEnded = false;
    record.lastExitCode = undefined;
    if (record.state.terminated !== undefined) record.lastState = { terminated: record.state.terminated };
    record.state = { running: { startedAt: stamp(this.#context, this.#side.pod) } };
    record.finishedMs = undefined;
    record.started = spec.startupProbe === undefined;
    record.ready = spec.readinessProbe === undefined && record.started;
    record.killTimer?.cancel();
    let hasExited = false;
    const process = this.#agent.runtime.start({
      pod: this.#side.identity,
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
        this.exited(record, exit.code, exit.oomKilled);
      },
    });
    this.#side.event('Normal', 'Started', `Started container ${spec.name}`, record);
    if (hasExited) return;
    record.process = process;
    if (!this.#agent.isReachable) process.setReachable(false);
    this.#startProbes(record);
    this.#side.wake(this.#side.latency(60, 1000));
  }

  /** The process ended. */
  exited(record: ContainerRecord, code: number, oomKilled: boolean): void {
    const { simulation } = this.#context;
    const finishedAt = stamp(this.#context, this.#side.pod);
    record.finishedMs = simulation.nowMs;
    record.lastExitCode = code;
    record.killTimer?.cancel();
    this.stopProbes(record);
    record.process = undefined;
    // the kubelet finds out when it looks at the runtime again, once a second
    const noticeMs = this.#side.isTerminating ? this.#side.latency(10, 80) : this.#side.latency(20, 1000);
    simulation.after(noticeMs, () => {
      if (this.#side.isGone) return;
      this.#noteEnd(record, code, oomKilled, finishedAt);
      if (!this.#agent.isReachable) return;
      if (this.#side.isTerminating) return this.#side.containerGone();
      this.#side.report();
      this.#side.wake(0);
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
  stop(record: ContainerRecord, graceMs: number, message: string): void {
    const { process } = record;
    if (process === undefined || record.isStopping) return;
    const { simulation } = this.#context;
    record.isStopping = true;
    this.#side.event('Normal', 'Killing', message, record);
    const hookMs = Math.min(graceMs, preStopMs(record.spec));
    if (hookMs > 0) simulation.after(hookMs, () => record.process === process && process.terminate());
    else process.terminate();
    if (record.process !== process) return;
    record.killTimer = simulation.after(graceMs, () => {
      if (record.process !== process || this.#side.isGone) return;
      process.kill();
      this.exited(record, 137, false);
    });
  }

  // ---- probes ---------------------------------------------------------------------------------------------------

  #startProbes(record: ContainerRecord): void {
    const { process, spec } = record;
    if (process === undefined) return;
    const { simulation } = this.#context;
    const target = {
      process,
      ip: this.#side.podIp ?? '',
      port: (port: number | string) => resolvePort(this.#side.pod, port) ?? 0,
      isDue: (kind: ProbeKind) =>
        this.#agent.isReachable &&
        // what ends goes on being asked whether it is ready, and nothing else
        (kind === 'Readiness' || !record.isStopping) &&
        (kind === 'Startup' ? !record.started : record.started),
      failed: (kind: ProbeKind, output: string) =>
        this.#side.event('Warning', 'Unhealthy', `${kind} probe failed: ${output}`, record),
      changed: (kind: ProbeKind, success: boolean) => this.#probed(record, kind, success),
    };
    const phaseKey = fold(this.#side.identityKey, 'probe', spec.name, record.starts);
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

  /** No more probes of this container. */
  stopProbes(record: ContainerRecord): void {
    for (const probe of record.probes) probe.stop();
    record.probes = [];
  }

  #probed(record: ContainerRecord, kind: ProbeKind, success: boolean): void {
    if (kind === 'Readiness') record.ready = success;
    else if (success && kind === 'Startup') {
      record.started = true;
      if (record.spec.readinessProbe === undefined) record.ready = true;
    } else if (!success) {
      const probe = kind === 'Startup' ? record.spec.startupProbe : record.spec.livenessProbe;
      const grace =
        (probe?.terminationGracePeriodSeconds ?? this.#side.pod.spec.terminationGracePeriodSeconds ?? 30) *
        1000;
      this.stop(
        record,
        grace,
        `Container ${record.spec.name} failed ${kind.toLowerCase()} probe, will be restarted`,
      );
      return;
    } else return;
    this.#side.report();
    if (kind === 'Startup') this.#side.wake(0);
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
