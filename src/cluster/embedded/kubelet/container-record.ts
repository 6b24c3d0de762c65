import type { ContainerProcess } from '../contracts.ts';
import type { Container, ContainerState } from '../controllers/kinds.ts';
import type { Timer } from '../simulation.ts';
import type { LogFile } from './container-logs.ts';
import type { PulledImage } from './image-store.ts';
import type { ProbeWorker } from './probe-worker.ts';

/** A back-off as kubelets keep it: doubles with each use, starts again after twice its maximum without one. */
class BackOff {
  #delayMs: number | undefined;
  #updatedMs = 0;
  readonly #maximumMs = 300_000;

  /** Whether something that happened at `eventMs` has to wait still. */
  isWaiting(eventMs: number, nowMs: number): boolean {
    if (this.#delayMs === undefined || this.#hasExpired(eventMs)) return false;
    return nowMs - eventMs < this.#delayMs;
  }

  /** Whether the delay since the last use is not over. */
  isWaitingSinceUpdate(nowMs: number): boolean {
    return this.#delayMs !== undefined && !this.#hasExpired(nowMs) && nowMs - this.#updatedMs < this.#delayMs;
  }

  next(eventMs: number, nowMs: number): void {
    this.#delayMs =
      this.#delayMs === undefined || this.#hasExpired(eventMs)
        ? 10_000
        : Math.min(this.#maximumMs, this.#delayMs * 2);
    this.#updatedMs = nowMs;
  }

  /** Go's text of the present delay: `10s`, `2m40s`, `5m0s`. */
  get text(): string {
    const seconds = Math.round((this.#delayMs ?? 0) / 1000);
    return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  }

  #hasExpired(eventMs: number): boolean {
    return eventMs - this.#updatedMs > 2 * this.#maximumMs;
  }
}

/** What a kubelet knows of one container of a pod. */
export interface ContainerRecord {
  readonly spec: Container;
  /** An init container, a sidecar (an init container that stays) or one of the pod's own. */
  readonly role: 'init' | 'sidecar' | 'main';
  readonly restarts: BackOff;
  readonly pulls: BackOff;
  state: ContainerState;
  lastState: ContainerState;
  restartCount: number;
  /** Times it was started. */
  starts: number;
  containerId: string | undefined;
  image: PulledImage | undefined;
  process: ContainerProcess | undefined;
  log: LogFile | undefined;
  ready: boolean;
  started: boolean;
  /** A pull or a start is under way. */
  isBusy: boolean;
  /** It was told to end; it may still run. */
  isStopping: boolean;
  /** Its end was reported, the back-off not yet. */
  isFreshlyEnded: boolean;
  /** Exit code of the last start, while it does not run. */
  lastExitCode: number | undefined;
  /** Why the last pull failed. */
  pullError: string | undefined;
  finishedMs: number | undefined;
  probes: ProbeWorker[];
  killTimer: Timer | undefined;
}

export function newRecord(spec: Container, role: ContainerRecord['role'], waiting: string): ContainerRecord {
  return {
    spec,
    role,
    restarts: new BackOff(),
    pulls: new BackOff(),
    state: { waiting: { reason: waiting } },
    lastState: {},
    restartCount: 0,
    starts: 0,
    containerId: undefined,
    image: undefined,
    process: undefined,
    log: undefined,
    ready: false,
    started: false,
    isBusy: false,
    isStopping: false,
    isFreshlyEnded: false,
    lastExitCode: undefined,
    pullError: undefined,
    finishedMs: undefined,
    probes: [],
    killTimer: undefined,
  };
}

/** Whether the container ended well: an init container that is done. */
export function isDone(record: ContainerRecord): boolean {
  return record.process === undefined && record.state.terminated?.exitCode === 0;
}
