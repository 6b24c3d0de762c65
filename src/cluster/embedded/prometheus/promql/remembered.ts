import type { Metric } from '../metric.ts';

/**
 * What is derived from label sets, found out once for each. A vector nearly always has the same label sets at the same
 * places as last time, so the place is asked first: no hashing, and nothing of the label set is touched.
 */
export class Remembered<T> {
  readonly #derive: (metric: Metric) => T;
  readonly #all = new Map<Metric, T>();
  readonly #metrics: Metric[] = [];
  readonly #values: T[] = [];

  constructor(derive: (metric: Metric) => T) {
    this.#derive = derive;
  }

  /** The value for the label set at place `i` of a vector. */
  at(i: number, metric: Metric): T {
    if (this.#metrics[i] === metric) return this.#values[i]!;
    let value = this.#all.get(metric);
    if (value === undefined) {
      value = this.#derive(metric);
      this.#all.set(metric, value);
    }
    if (i <= this.#metrics.length) {
      this.#metrics[i] = metric;
      this.#values[i] = value;
    }
    return value;
  }
}
