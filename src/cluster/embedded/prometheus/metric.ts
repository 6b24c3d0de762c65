import { byCodeUnit } from '../../../base/order.ts';
import type { Labels } from '../contracts.ts';
import type { Series } from './series.ts';

const separator = '\u0001';

/**
 * An interned label set: one object per distinct set and pool, so that identity is equality and everything derived
 * from it (the set without the name, its group, its match signature) can be remembered by identity.
 */
export class Metric {
  readonly id: number;
  /** `__name__`, or empty. */
  readonly name: string;
  /** The other labels, sorted by name: name, value, name, value, … */
  readonly pairs: readonly string[];
  /** The stored series of this label set, if there is one. */
  series: Series | undefined;
  /** Scratch mark of duplicate checks. */
  mark = 0;
  readonly #pool: MetricPool;
  #nameless: Metric | undefined;
  #object: Labels | undefined;
  #sortKey: string | undefined;

  constructor(pool: MetricPool, id: number, name: string, pairs: readonly string[]) {
    this.#pool = pool;
    this.id = id;
    this.name = name;
    this.pairs = pairs;
  }

  /** Value of a label; empty if it is not there. */
  get(label: string): string {
    if (label === '__name__') return this.name;
    const pairs = this.pairs;
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === label) return pairs[i + 1]!;
    return '';
  }

  /** The same labels without `__name__`. */
  withoutName(): Metric {
    if (this.name === '') return this;
    this.#nameless ??= this.#pool.intern('', this.pairs);
    return this.#nameless;
  }

  /** All labels with `__name__`, as the HTTP API shows them. Shared: do not change it. */
  toObject(): Labels {
    if (this.#object === undefined) {
      const object: Record<string, string> = {};
      if (this.name !== '') object.__name__ = this.name;
      for (let i = 0; i < this.pairs.length; i += 2) object[this.pairs[i]!] = this.pairs[i + 1]!;
      this.#object = Object.freeze(object);
    }
    return this.#object;
  }

  /** Text whose order by code unit is a stable order of label sets. */
  get sortKey(): string {
    this.#sortKey ??= this.name + separator + this.pairs.join(separator);
    return this.#sortKey;
  }

  /** As Prometheus prints a label set: `{__name__="up", job="shop"}`. */
  toString(): string {
    const pairs = Object.entries(this.toObject()).map(
      ([label, value]) => `${label}=${JSON.stringify(value)}`,
    );
    return `{${pairs.join(', ')}}`;
  }
}

/** Interns label sets. */
export class MetricPool {
  readonly #byKey = new Map<string, Metric>();
  #nextMark = 0;
  readonly empty: Metric;

  constructor() {
    this.empty = this.intern('', []);
  }

  /** `pairs` sorted by label name, without `__name__` and without empty values; kept, not copied. */
  intern(name: string, pairs: readonly string[]): Metric {
    const key = name + separator + pairs.join(separator);
    let metric = this.#byKey.get(key);
    if (metric === undefined) {
      metric = new Metric(this, this.#byKey.size, name, pairs);
      this.#byKey.set(key, metric);
    }
    return metric;
  }

  /** From any label object; `__name__` in it counts unless `name` is given; empty values are dropped. */
  from(labels: Labels, name?: string): Metric {
    const pairs: string[] = [];
    for (const label of Object.keys(labels).sort(byCodeUnit)) {
      const value = labels[label];
      if (label !== '__name__' && value !== undefined && value !== '') pairs.push(label, value);
    }
    return this.intern(name ?? labels.__name__ ?? '', pairs);
  }

  /** Keeps the named labels only (`__name__` too, if named). */
  keep(metric: Metric, labels: ReadonlySet<string>): Metric {
    const pairs: string[] = [];
    for (let i = 0; i < metric.pairs.length; i += 2)
      if (labels.has(metric.pairs[i]!)) pairs.push(metric.pairs[i]!, metric.pairs[i + 1]!);
    return this.intern(labels.has('__name__') ? metric.name : '', pairs);
  }

  /** Drops the named labels (`__name__` only if named). */
  drop(metric: Metric, labels: ReadonlySet<string>): Metric {
    const pairs: string[] = [];
    for (let i = 0; i < metric.pairs.length; i += 2)
      if (!labels.has(metric.pairs[i]!)) pairs.push(metric.pairs[i]!, metric.pairs[i + 1]!);
    return this.intern(labels.has('__name__') ? '' : metric.name, pairs);
  }

  /** With one label set; an empty value removes it. */
  set(metric: Metric, label: string, value: string): Metric {
    if (label === '__name__') return this.intern(value, metric.pairs);
    const pairs: string[] = [];
    let placed = value === '';
    for (let i = 0; i < metric.pairs.length; i += 2) {
      const name = metric.pairs[i]!;
      if (!placed && name >= label) {
        pairs.push(label, value);
        placed = true;
      }
      if (name !== label) pairs.push(name, metric.pairs[i + 1]!);
    }
    if (!placed) pairs.push(label, value);
    return this.intern(metric.name, pairs);
  }

  /** A number never given before, for `Metric.mark`. */
  newMark(): number {
    return ++this.#nextMark;
  }
}
