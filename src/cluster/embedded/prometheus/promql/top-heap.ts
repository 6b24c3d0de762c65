import type { Metric } from '../metric.ts';

export interface Ranked {
  readonly metric: Metric;
  readonly value: number;
}

/** Keeps the k largest (or smallest) elements; among equals the same ones stay as in Prometheus' heap. */
export class TopHeap {
  readonly #size: number;
  readonly #top: boolean;
  readonly #heap: Ranked[] = [];

  constructor(size: number, top: boolean) {
    this.#size = size;
    this.#top = top;
  }

  offer(metric: Metric, value: number): void {
    const heap = this.#heap;
    if (heap.length < this.#size) {
      heap.push({ metric, value });
      this.#up(heap.length - 1);
      return;
    }
    const root = heap[0]!.value;
    const isBetter = this.#top ? root < value : root > value;
    if (isBetter || (Number.isNaN(root) && !Number.isNaN(value))) {
      heap[0] = { metric, value };
      this.#down(0);
    }
  }

  /** Best first. */
  sorted(): readonly Ranked[] {
    return this.#heap.sort((a, b) => (this.#isWorse(a, b) ? 1 : this.#isWorse(b, a) ? -1 : 0));
  }

  /** NaN is worse than any number, whichever end is wanted. */
  #isWorse(a: Ranked, b: Ranked): boolean {
    if (Number.isNaN(a.value)) return !Number.isNaN(b.value);
    return this.#top ? a.value < b.value : a.value > b.value;
  }

  #up(index: number): void {
    const heap = this.#heap;
    for (let i = index; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.#isWorse(heap[i]!, heap[parent]!)) return;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }

  #down(index: number): void {
    const heap = this.#heap;
    for (let i = index; ; ) {
      let child = 2 * i + 1;
      if (child >= heap.length) return;
      if (child + 1 < heap.length && this.#isWorse(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#isWorse(heap[child]!, heap[i]!)) return;
      [heap[i], heap[child]] = [heap[child]!, heap[i]!];
      i = child;
    }
  }
}
