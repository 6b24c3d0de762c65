/**
 * Virtual time: a queue of callbacks ordered by (time, order of scheduling). Single-threaded and without promises, so
 * that nothing inside a tick can wait for real I/O and the same inputs give the same order.
 */

/** A scheduled callback; `cancel` is idempotent and cheap. */
export interface Timer {
  cancel(): void;
}

class Entry implements Timer {
  readonly timeMs: number;
  readonly order: number;
  run: (() => void) | undefined;
  constructor(timeMs: number, order: number, run: () => void) {
    this.timeMs = timeMs;
    this.order = order;
    this.run = run;
  }
  cancel(): void {
    this.run = undefined;
  }
}

export class Simulation {
  #nowMs: number;
  #order = 0;
  readonly #heap: Entry[] = [];
  readonly startMs: number;

  /** @param startMs epoch milliseconds at which the world begins */
  constructor(startMs: number) {
    this.startMs = startMs;
    this.#nowMs = startMs;
  }

  /** Epoch milliseconds, with a fraction. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `callback` after `delayMs` of virtual time (0: later in this tick, after what is already scheduled). */
  after(delayMs: number, callback: () => void): Timer {
    return this.at(this.#nowMs + Math.max(0, delayMs), callback);
  }

  at(timeMs: number, callback: () => void): Timer {
    const entry = new Entry(Math.max(timeMs, this.#nowMs), this.#order++, callback);
    this.#push(entry);
    return entry;
  }

  /** Repeats every `periodMs`, first after `offsetMs`. */
  every(periodMs: number, offsetMs: number, callback: () => void): Timer {
    let current: Timer;
    let stopped = false;
    const tick = () => {
      callback();
      if (!stopped) current = this.after(periodMs, tick);
    };
    current = this.after(offsetMs, tick);
    return {
      cancel() {
        stopped = true;
        current.cancel();
      },
    };
  }

  /** Runs everything due up to and including `timeMs`, then sets the clock to it. */
  runUntil(timeMs: number): void {
    for (;;) {
      const head = this.#heap[0];
      if (head === undefined || head.timeMs > timeMs) break;
      this.#pop();
      if (head.run === undefined) continue;
      this.#nowMs = head.timeMs;
      head.run();
    }
    if (timeMs > this.#nowMs) this.#nowMs = timeMs;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const other = heap[parent]!;
      if (other.timeMs < entry.timeMs || (other.timeMs === entry.timeMs && other.order < entry.order)) break;
      heap[i] = other;
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    const length = heap.length;
    if (length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length) {
        const a = heap[child]!;
        const b = heap[right]!;
        if (b.timeMs < a.timeMs || (b.timeMs === a.timeMs && b.order < a.order)) child = right;
      }
      const candidate = heap[child]!;
      if (
        candidate.timeMs > last.timeMs ||
        (candidate.timeMs === last.timeMs && candidate.order > last.order)
      )
        break;
      heap[i] = candidate;
      i = child;
    }
    heap[i] = last;
  }
}
