import type { Engine, Query } from '../engine.ts';
import type { Metric } from '../metric.ts';
import { executionError } from '../promql/error.ts';
import type { Series } from '../series.ts';
import type { Rule } from './rule-file.ts';

/** Writes the result of an expression under a new name. */
export class RecordingRule {
  readonly rule: Rule;
  readonly query: Query;
  readonly #engine: Engine;
  readonly #limit: number;
  readonly #known = new Map<Metric, Series>();

  constructor(engine: Engine, rule: Rule, limit: number) {
    this.#engine = engine;
    this.rule = rule;
    this.#limit = limit;
    this.query = engine.prepare(rule.expr);
  }

  evaluate(timeMs: number): Set<Series> {
    const { metrics, values } = this.#engine.vectorAt(this.query, timeMs);
    if (this.#limit > 0 && metrics.length > this.#limit)
      throw executionError(`exceeded limit of ${this.#limit} with ${metrics.length} series`);
    const written = new Set<Series>();
    for (const metric of metrics) {
      const series = this.#seriesOf(metric);
      if (written.has(series))
        throw executionError('vector contains metrics with the same labelset after applying rule labels');
      written.add(series);
    }
    metrics.forEach((metric, i) => {
      this.#seriesOf(metric).append(timeMs, values[i]!);
    });
    return written;
  }

  #seriesOf(metric: Metric): Series {
    let series = this.#known.get(metric);
    if (series === undefined) {
      const { pool } = this.#engine.database;
      let target = pool.set(metric, '__name__', this.rule.name);
      for (const [label, value] of Object.entries(this.rule.labels)) target = pool.set(target, label, value);
      series = this.#engine.database.seriesOf(target);
      this.#known.set(metric, series);
    }
    return series;
  }
}
