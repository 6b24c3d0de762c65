import type { Metric } from './metric.ts';

/**
 * The newest sample of every series of a database, side by side: what a rule needs of a series is nearly always that,
 * and reading it here spares five jumps through memory.
 */
export class NewestSamples {
  times = new Float64Array(1024).fill(Number.NEGATIVE_INFINITY);
  /** NaN: a NaN, or a staleness marker; the series knows. */
  values = new Float64Array(1024);

  /** Makes room for a series. */
  reserve(id: number): void {
    if (id < this.times.length) return;
    const times = new Float64Array(this.times.length * 2).fill(Number.NEGATIVE_INFINITY);
    times.set(this.times);
    this.times = times;
    const values = new Float64Array(this.values.length * 2);
    values.set(this.values);
    this.values = values;
  }
}

/** Samples of one label set in the order of time. Times are whole epoch milliseconds. */
export class Series {
  readonly metric: Metric;
  // plain arrays: thousands of small typed arrays that grow cost the collector more than they save
  readonly times: number[] = [];
  readonly values: number[] = [];
  /** Indexes of staleness markers (their value is NaN); undefined while there is none. */
  stale: Set<number> | undefined;

  /** Number in its database, in the order of creation; 0 outside one. */
  readonly id: number;
  readonly #newest: NewestSamples | undefined;

  constructor(metric: Metric, id = 0, newest?: NewestSamples) {
    this.metric = metric;
    this.id = id;
    this.#newest = newest;
    newest?.reserve(id);
  }

  get length(): number {
    return this.times.length;
  }

  get lastTime(): number {
    return this.length === 0 ? Number.NEGATIVE_INFINITY : this.times[this.length - 1]!;
  }

  /** Adds a sample; one that is not newer than the last is dropped and answered with `false`. */
  append(timeMs: number, value: number): boolean {
    const n = this.times.length;
    if (n > 0 && timeMs <= this.times[n - 1]!) return false;
    this.times.push(timeMs);
    this.values.push(value);
    const newest = this.#newest;
    if (newest !== undefined) {
      newest.times[this.id] = timeMs;
      newest.values[this.id] = value;
    }
    return true;
  }

  /** Marks the end of the series: from here on it is absent until the next sample. */
  appendStale(timeMs: number): void {
    if (this.length === 0 || this.isStale(this.length - 1)) return;
    // a marker for the moment of the last sample comes right after it
    this.append(Math.max(timeMs, this.lastTime + 1), Number.NaN);
    this.stale ??= new Set();
    this.stale.add(this.length - 1);
  }

  isStale(index: number): boolean {
    return this.stale?.has(index) ?? false;
  }

  /** Index after the last sample with time <= `timeMs`; `hint` is where it was lately. */
  upperBound(timeMs: number, hint: number): number {
    const times = this.times;
    const n = times.length;
    if (n === 0 || times[n - 1]! <= timeMs) return n;
    let i = hint > n ? n : hint;
    if (i === 0 || times[i - 1]! <= timeMs) {
      // the next few, as a range query steps forward
      for (let steps = 0; steps < 8; steps++, i++) if (times[i]! > timeMs) return i;
    }
    let low = 0;
    let high = n;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle]! <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Forgets samples before `timeMs`. */
  dropBefore(timeMs: number): void {
    const first = this.upperBound(timeMs - 1, 0);
    if (first === 0) return;
    this.times.splice(0, first);
    this.values.splice(0, first);
    if (this.length === 0 && this.#newest !== undefined)
      this.#newest.times[this.id] = Number.NEGATIVE_INFINITY;
    if (this.stale !== undefined) {
      const moved = [...this.stale].filter((i) => i >= first).map((i) => i - first);
      this.stale = moved.length === 0 ? undefined : new Set(moved);
    }
  }
}
