import { setTimeout as sleep } from 'node:timers/promises';
import { textLines } from '../../base/text-lines.ts';
import { splitStamp } from './log-stamp.ts';
import { SeenLines } from './seen-lines.ts';

export interface LogRequest {
  readonly follow: boolean;
  /** Of the container's instance before the present one. */
  readonly previous: boolean;
  readonly since: string | undefined;
}

/** Opens a container's log. */
export type OpenLog = (
  request: LogRequest,
  signal: AbortSignal,
) => Promise<{ readonly status: number; readonly body: AsyncIterable<Uint8Array> }>;

export interface FollowerOptions {
  readonly open: OpenLog;
  /** Takes a line as it was sent; waits where there is no room. */
  readonly write: (raw: string, stamp: string) => Promise<void>;
  /** Restarts the container has had, as its pod tells now; `undefined`: the pod is gone. */
  readonly restarts: () => number | undefined;
  /** Pause before a stream is opened again, default 500 ms; doubled while nothing comes, up to 8 s. */
  readonly pauseMs?: number;
  readonly maxPauseMs?: number;
  /** A read that is not to follow is given up without an answer for so long (a node that is gone); default 8 s. */
  readonly answerMs?: number;
}

/**
 * Follows the log of one container over restarts, broken streams and until its pod is gone, so that every line is
 * written once. An instance whose end was missed is read as the `previous` one.
 */
export class ContainerFollower {
  readonly #options: FollowerOptions;
  readonly #seen = new SeenLines();
  readonly #stop = new AbortController();
  #stream = new AbortController();
  #settling: { resolve(): void; promise: Promise<void> } | undefined;
  /** Restarts before the instance that is followed; the one before it was read. */
  #instance = 0;
  #isDone = false;
  readonly #running: Promise<void>;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Resolves when everything that is in the log now was written; where it cannot be read now, after one try. */
  async settle(): Promise<void> {
    if (this.#isDone) return;
    if (this.#settling === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#settling = { promise, resolve };
      this.#stream.abort();
    }
    await this.#settling.promise;
  }

  /** To be called when the pod has changed: a restart is looked at, although a stream may still be open. */
  podChanged(): void {
    const now = this.#options.restarts();
    if (now !== undefined && now > this.#instance) this.#stream.abort();
  }

  /** Resolves when there is nothing more to follow. */
  get done(): Promise<void> {
    return this.#running;
  }

  /** Stops at once. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#stream.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { pauseMs = 500, maxPauseMs = 8000, restarts } = this.#options;
    const signal = this.#stop.signal;
    let pause = pauseMs;
    while (!signal.aborted) {
      const settling = this.#settling;
      this.#settling = undefined;
      this.#stream = new AbortController();
      const now = restarts();
      if (now !== undefined && now > this.#instance) {
        this.#instance = now;
        pause = pauseMs;
        // what no stream told of the instance that has ended
        await this.#read({ follow: false, previous: true });
      }
      if (settling !== undefined) {
        await this.#read({ follow: false, previous: false });
        settling.resolve();
        continue;
      }
      const taken = await this.#read({ follow: now !== undefined, previous: false });
      if (now === undefined) break;
      pause = taken > 0 ? pauseMs : Math.min(pause * 2, maxPauseMs);
      await sleep(pause, undefined, { signal: this.#wake() }).catch(() => undefined);
    }
    this.#isDone = true;
    this.#settling?.resolve();
  }

  /** A pause ends when there is something to do. */
  #wake(): AbortSignal {
    return AbortSignal.any([this.#stop.signal, this.#stream.signal]);
  }

  /** Reads one stream to its end, however it ends; answers how many new lines it had. */
  async #read(request: Omit<LogRequest, 'since'>): Promise<number> {
    const isNew = this.#seen.resume();
    const unanswered = new AbortController();
    const signal = request.follow ? this.#wake() : AbortSignal.any([this.#stop.signal, unanswered.signal]);
    const { answerMs = 8000 } = this.#options;
    const timer = setTimeout(() => unanswered.abort(), answerMs);
    let taken = 0;
    try {
      const { status, body } = await this.#options.open({ ...request, since: this.#seen.since }, signal);
      clearTimeout(timer);
      for await (const raw of textLines(body)) {
        const line = status === 200 ? splitStamp(raw) : undefined;
        if (line === undefined || !isNew(raw, line.stamp)) continue;
        taken++;
        await this.#options.write(raw, line.stamp);
      }
    } catch {
      // a stream that breaks is opened again where it broke; a container that has not started yet, later
    } finally {
      clearTimeout(timer);
    }
    return taken;
  }
}
