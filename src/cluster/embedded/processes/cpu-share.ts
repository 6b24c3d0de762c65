const periodMs = 100;
const remembered = 64;

/**
 * The CPU of one container: work queues for its cores in order of arrival, and with a limit every 100 ms period has
 * a quota after which it is throttled until the next (CFS bandwidth control). When work will be done is known as
 * soon as it is asked for, so that it costs one timer.
 */
export class CpuShare {
  readonly #quotaMs: number | undefined;
  readonly #freeAt: Float64Array;
  readonly #stamps = new Float64Array(remembered).fill(-1);
  readonly #used = new Float64Array(remembered);
  readonly #throttled = new Uint8Array(remembered);
  #workMs = 0;
  #reportedSeconds = 0;
  periods = 0;
  throttledPeriods = 0;
  throttledSeconds = 0;

  /** @param parallelism how many cores the program can use at once */
  constructor(limitMillis: number | undefined, parallelism: number) {
    this.#quotaMs = limitMillis === undefined ? undefined : Math.max(1, (limitMillis * periodMs) / 1000);
    const cores =
      limitMillis === undefined
        ? parallelism
        : Math.min(parallelism, Math.max(1, Math.ceil(limitMillis / 1000)));
    this.#freeAt = new Float64Array(cores);
  }

  /** When `workMs` of one core's work are done, if it arrives at `nowMs`. */
  finish(nowMs: number, workMs: number): number {
    const freeAt = this.#freeAt;
    let core = 0;
    for (let i = 1; i < freeAt.length; i++) if (freeAt[i]! < freeAt[core]!) core = i;
    let at = Math.max(nowMs, freeAt[core]!);
    this.#workMs += workMs;
    at = this.#quotaMs === undefined ? at + workMs : this.#limited(at, workMs, this.#quotaMs);
    freeAt[core] = at;
    return at;
  }

  #limited(startMs: number, workMs: number, quotaMs: number): number {
    let at = startMs;
    let rest = workMs;
    let period = Math.floor(at / periodMs);
    while (rest > 1e-9) {
      const slot = period % remembered;
      if (this.#stamps[slot] !== period) {
        this.#stamps[slot] = period;
        this.#used[slot] = 0;
        this.#throttled[slot] = 0;
        this.periods++;
      }
      const endMs = (period + 1) * periodMs;
      const left = quotaMs - this.#used[slot]!;
      if (left <= 1e-9) {
        if (this.#throttled[slot] === 0) {
          this.#throttled[slot] = 1;
          this.throttledPeriods++;
        }
        this.throttledSeconds += (endMs - at) / 1000;
        at = endMs;
        period++;
        continue;
      }
      const slice = Math.min(rest, left, endMs - at);
      this.#used[slot]! += slice;
      rest -= slice;
      at += slice;
      if (at >= endMs) period++;
    }
    return at;
  }

  /** CPU seconds used until now; never falls. Work that is still queued is not counted. */
  secondsTotal(nowMs: number): number {
    let aheadMs = 0;
    const speed =
      this.#quotaMs === undefined ? 1 : Math.min(1, this.#quotaMs / periodMs / this.#freeAt.length);
    for (const freeAt of this.#freeAt) if (freeAt > nowMs) aheadMs += (freeAt - nowMs) * speed;
    this.#reportedSeconds = Math.max(this.#reportedSeconds, (this.#workMs - aheadMs) / 1000);
    return this.#reportedSeconds;
  }
}
