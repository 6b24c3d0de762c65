/** Longest time without a look at the event loop. */
const sliceMs = 4;
/** So much arithmetic between two looks at the clock: some ten microseconds. */
const rounds = 4000;

/**
 * The CPU work of a process, one piece after the other in order of arrival, really done: arithmetic until the thread
 * has used so many milliseconds, in slices between which sockets and timers are served.
 */
export class CpuQueue {
  readonly #jobs: { restMs: number; readonly done: () => void }[] = [];
  #isScheduled = false;
  #sink = 1;

  /** Calls back when `ms` of CPU time have been spent on it; never before it has returned. */
  compute(ms: number, done: () => void): void {
    this.#jobs.push({ restMs: ms, done });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#slice();
    });
  }

  #slice(): void {
    let leftMs = sliceMs;
    while (leftMs > 0) {
      const job = this.#jobs[0];
      if (job === undefined) return;
      const wantedMs = Math.min(job.restMs, leftMs);
      const usedMs = this.#burn(wantedMs);
      leftMs -= usedMs;
      job.restMs -= usedMs;
      if (job.restMs > 0) continue;
      this.#jobs.shift();
      job.done();
    }
    if (this.#jobs.length > 0) this.#schedule();
  }

  #burn(ms: number): number {
    if (ms <= 0) return 0;
    const beginMs = threadCpuMs();
    let usedMs = 0;
    let x = this.#sink;
    while (usedMs < ms) {
      for (let i = 0; i < rounds; i++) {
        x ^= x << 13;
        x ^= x >>> 17;
        x ^= x << 5;
      }
      usedMs = threadCpuMs() - beginMs;
    }
    this.#sink = x | 1;
    return usedMs;
  }
}

/** CPU time of this thread (of the process where the runtime cannot tell them apart), in milliseconds. */
function threadCpuMs(): number {
  const usage = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (usage.user + usage.system) / 1000;
}
