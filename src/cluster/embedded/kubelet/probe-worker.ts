import { key as fold, unit } from '../../../base/random.ts';
import type { ContainerProcess } from '../contracts.ts';
import type { Probe } from '../controllers/kinds.ts';
import type { Simulation, Timer } from '../simulation.ts';

export type ProbeKind = 'Liveness' | 'Readiness' | 'Startup';

export interface ProbeTarget {
  readonly process: ContainerProcess;
  readonly ip: string;
  /** Resolves a named port of the container. */
  port(port: number | string): number;
  /** Whether this probe is asked now: a startup probe comes before the others, a stopped node asks nothing. */
  isDue(kind: ProbeKind): boolean;
  /** One failed attempt, in the prober's words. */
  failed(kind: ProbeKind, output: string): void;
  /** The result changed: enough successes or failures in a row. */
  changed(kind: ProbeKind, success: boolean): void;
}

/** Asks one container regularly, with the thresholds and texts of a kubelet's prober. */
export class ProbeWorker {
  readonly #kind: ProbeKind;
  readonly #probe: Probe;
  readonly #target: ProbeTarget;
  readonly #simulation: Simulation;
  readonly #timer: Timer;
  readonly #port: number;
  #result: boolean | undefined;
  #inRow = 0;
  #lastOutcome: boolean | undefined;
  #stopped = false;

  constructor(simulation: Simulation, phaseKey: number, kind: ProbeKind, probe: Probe, target: ProbeTarget) {
    this.#simulation = simulation;
    this.#kind = kind;
    this.#probe = probe;
    this.#target = target;
    this.#port = target.port(probe.httpGet?.port ?? probe.tcpSocket?.port ?? probe.grpc?.port ?? 0);
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const delayMs = (probe.initialDelaySeconds ?? 0) * 1000;
    // workers of a pod do not beat in step
    const phaseMs = 50 + (Math.min(periodMs, 1000) - 50) * unit(fold(phaseKey, kind));
    this.#timer = simulation.every(periodMs, delayMs + phaseMs, () => this.#ask());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer.cancel();
  }

  #ask(): void {
    if (this.#stopped || !this.#target.isDue(this.#kind)) return;
    let isAnswered = false;
    let timeout: Timer | undefined;
    const answer = (success: boolean, output: string) => {
      if (isAnswered || this.#stopped) return;
      isAnswered = true;
      timeout?.cancel();
      this.#judge(success, output);
    };
    this.#send(answer);
    if (isAnswered) return;
    timeout = this.#simulation.after((this.#probe.timeoutSeconds ?? 1) * 1000, () =>
      answer(false, this.#timeoutText()),
    );
  }

  #send(answer: (success: boolean, output: string) => void): void {
    const { httpGet, tcpSocket, grpc } = this.#probe;
    const { process, ip } = this.#target;
    if (httpGet !== undefined) {
      const port = this.#port;
      const path = httpGet.path ?? '/';
      process.probeHttp(port, path, (status) => {
        if (status === 'refused')
          answer(false, `Get "${this.#url()}": dial tcp ${ip}:${port}: connect: connection refused`);
        else if (status >= 200 && status < 400) answer(true, '');
        else answer(false, `HTTP probe failed with statuscode: ${status}`);
      });
    } else if (tcpSocket !== undefined || grpc !== undefined) {
      const port = this.#port;
      process.probeTcp(port, (open) =>
        answer(open, open ? '' : `dial tcp ${ip}:${port}: connect: connection refused`),
      );
    }
  }

  #url(): string {
    const { httpGet } = this.#probe;
    const scheme = (httpGet?.scheme ?? 'HTTP').toLowerCase();
    return `${scheme}://${this.#target.ip}:${this.#port}${httpGet?.path ?? '/'}`;
  }

  #timeoutText(): string {
    if (this.#probe.httpGet !== undefined)
      return `Get "${this.#url()}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
    return `dial tcp ${this.#target.ip}:${this.#port}: i/o timeout`;
  }

  #judge(success: boolean, output: string): void {
    if (!success) this.#target.failed(this.#kind, output);
    this.#inRow = this.#lastOutcome === success ? this.#inRow + 1 : 1;
    this.#lastOutcome = success;
    const threshold = success ? (this.#probe.successThreshold ?? 1) : (this.#probe.failureThreshold ?? 3);
    if (this.#inRow < threshold || this.#result === success) return;
    this.#result = success;
    this.#target.changed(this.#kind, success);
    // after a failed liveness or startup probe the container is new: the count starts again
    if (!success && this.#kind !== 'Readiness') this.#inRow = 0;
  }
}
