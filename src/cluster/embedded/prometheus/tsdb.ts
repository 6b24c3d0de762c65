import { byCodeUnit } from '../../../base/order.ts';
import { type LabelMatcher, metricTest } from './matcher.ts';
import { type Metric, MetricPool } from './metric.ts';
import { NewestSamples, Series } from './series.ts';

/** All series, in the order they were created, with an index from label name and value to series. */
export class Database {
  readonly pool = new MetricPool();
  readonly newest = new NewestSamples();
  readonly #all: Series[] = [];
  /** label → value → series; append-only, so that a Selection needs to look at new entries only. */
  readonly #index = new Map<string, Map<string, Series[]>>();

  get all(): readonly Series[] {
    return this.#all;
  }

  /** The series of a label set, made if it is new. */
  seriesOf(metric: Metric): Series {
    if (metric.series !== undefined) return metric.series;
    const series = new Series(metric, this.#all.length, this.newest);
    metric.series = series;
    this.#all.push(series);
    this.#post('__name__', metric.name, series);
    for (let i = 0; i < metric.pairs.length; i += 2)
      this.#post(metric.pairs[i]!, metric.pairs[i + 1]!, series);
    return series;
  }

  /** Adds one sample; the slow way in, for tests and imports. */
  append(labels: Readonly<Record<string, string>>, timeMs: number, value: number): void {
    this.seriesOf(this.pool.from(labels)).append(timeMs, value);
  }

  /** Series with this value of the label, in order of creation; undefined if there is none yet. */
  postings(label: string, value: string): readonly Series[] | undefined {
    return this.#index.get(label)?.get(value);
  }

  /** A selector that stays up to date as series come. */
  select(matchers: readonly LabelMatcher[], dotAll = true): Selection {
    return new Selection(this, matchers, dotAll);
  }

  /** Label names in use, sorted. */
  labelNames(): string[] {
    return [...this.#index.keys()].sort(byCodeUnit);
  }

  /** Values of a label, sorted. */
  labelValues(label: string): string[] {
    return [...(this.#index.get(label)?.keys() ?? [])].sort(byCodeUnit);
  }

  /** Forgets samples before `timeMs`; series stay in the index. */
  dropBefore(timeMs: number): void {
    for (const series of this.#all) series.dropBefore(timeMs);
  }

  #post(label: string, value: string, series: Series): void {
    let values = this.#index.get(label);
    if (values === undefined) {
      values = new Map();
      this.#index.set(label, values);
    }
    const list = values.get(value);
    if (list === undefined) values.set(value, [series]);
    else list.push(series);
  }
}

/** The series that match; `series()` looks only at those created since the last call. */
export class Selection {
  readonly #database: Database;
  readonly #test: (metric: Metric) => boolean;
  readonly #key: LabelMatcher | undefined;
  readonly #found: Series[] = [];
  /** Numbers and label sets of the found series, at the same places. */
  readonly ids: number[] = [];
  readonly metrics: Metric[] = [];
  #source: readonly Series[] | undefined;
  #seen = 0;

  constructor(database: Database, matchers: readonly LabelMatcher[], dotAll: boolean) {
    this.#database = database;
    this.#test = metricTest(matchers, dotAll);
    const equal = matchers.filter((matcher) => matcher.operator === '=' && matcher.value !== '');
    this.#key = equal.find((matcher) => matcher.label === '__name__') ?? equal[0];
    if (this.#key === undefined) this.#source = database.all;
  }

  series(): readonly Series[] {
    this.#source ??= this.#database.postings(this.#key!.label, this.#key!.value);
    const source = this.#source;
    if (source === undefined) return this.#found;
    for (; this.#seen < source.length; this.#seen++) {
      const series = source[this.#seen]!;
      if (!this.#test(series.metric)) continue;
      this.#found.push(series);
      this.ids.push(series.id);
      this.metrics.push(series.metric);
    }
    return this.#found;
  }
}
