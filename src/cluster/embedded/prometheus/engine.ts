import { byText } from '../../../base/order.ts';
import type { Series as ResultSeries, Sample } from '../../cluster.ts';
import type { Metric } from './metric.ts';
import type { Expr } from './promql/ast.ts';
import { isOrdered } from './promql/check.ts';
import { type CompiledExpr, compileExpr } from './promql/compile.ts';
import { Context, type EngineOptions, type Vector } from './promql/context.ts';
import { PromqlError } from './promql/error.ts';
import { parseExpr } from './promql/parse.ts';
import type { Database } from './tsdb.ts';

/** A parsed and compiled expression; belongs to one engine. */
export interface Query {
  readonly expr: Expr;
  readonly compiled: CompiledExpr;
}

export type InstantResult =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector'; readonly vector: Vector }
  | { readonly type: 'matrix'; readonly series: readonly ResultSeries[] };

export const defaultEngineOptions: EngineOptions = {
  semantics: '3',
  lookbackMs: 300_000,
  subqueryStepMs: 60_000,
};

/** Evaluates PromQL over a database. Compiled expressions are kept and reused. */
export class Engine {
  readonly database: Database;
  readonly #options: EngineOptions;
  readonly #queries = new Map<string, Query>();
  #lastQueryId = 0;

  constructor(database: Database, options: Partial<EngineOptions> = {}) {
    this.database = database;
    this.#options = { ...defaultEngineOptions, ...options };
  }

  /** Parses, checks and compiles; throws PromqlError. */
  prepare(text: string): Query {
    let query = this.#queries.get(text);
    if (query === undefined) {
      const expr = parseExpr(text);
      query = { expr, compiled: compileExpr({ ...this.#options, database: this.database }, expr) };
      if (this.#queries.size >= 500) this.#queries.clear();
      this.#queries.set(text, query);
    }
    return query;
  }

  /** The value at one time (epoch ms). A vector's elements come in the order of `sort` or `topk`, else by labels. */
  instant(query: Query, timeMs: number): InstantResult {
    const { compiled } = query;
    const time = Math.round(timeMs);
    const context = new Context(++this.#lastQueryId, time, time);
    switch (compiled.type) {
      case 'string':
        return { type: 'string', value: compiled.value };
      case 'scalar':
        return { type: 'scalar', value: compiled.node(context) };
      case 'vector': {
        const vector = compiled.node(context);
        return { type: 'vector', vector: isOrdered(query.expr) ? vector : sorted(vector) };
      }
      case 'matrix': {
        const series: { metric: Metric; values: Sample[] }[] = [];
        compiled.node(context, (metric, window) => {
          const values: Sample[] = [];
          for (let i = window.lo; i < window.hi; i++)
            values.push([window.times[i]! / 1000, window.values[i]!]);
          series.push({ metric, values });
        });
        return { type: 'matrix', series: finished(series) };
      }
    }
  }

  /** A vector at one time without sorting: for rules. Scalars become one element without labels. */
  vectorAt(query: Query, timeMs: number): Vector {
    const { compiled } = query;
    const context = new Context(++this.#lastQueryId, timeMs, timeMs);
    if (compiled.type === 'vector') return compiled.node(context);
    if (compiled.type === 'scalar')
      return { metrics: [this.database.pool.empty], values: [compiled.node(context)] };
    throw new PromqlError('execution', 'rule result is not a vector or scalar');
  }

  /** Values at start, start + step, … up to end; series sorted by labels, steps without a value left out. */
  range(query: Query, startMs: number, endMs: number, stepMs: number): readonly ResultSeries[] {
    const { compiled } = query;
    if (compiled.type === 'string' || compiled.type === 'matrix') {
      const type = compiled.type === 'matrix' ? 'range vector' : 'string';
      throw new PromqlError(
        'parse',
        `invalid expression type "${type}" for range query, must be Scalar or instant Vector`,
        0,
      );
    }
    const context = new Context(++this.#lastQueryId, startMs, endMs);
    const byMetric = new Map<Metric, Sample[]>();
    for (let time = startMs; time <= endMs; time += stepMs) {
      context.timeMs = time;
      const seconds = time / 1000;
      if (compiled.type === 'scalar') {
        push(byMetric, this.database.pool.empty, [seconds, compiled.node(context)]);
        continue;
      }
      const { metrics, values } = compiled.node(context);
      for (let i = 0; i < metrics.length; i++) push(byMetric, metrics[i]!, [seconds, values[i]!]);
    }
    return finished([...byMetric].map(([metric, values]) => ({ metric, values })));
  }
}

function push(byMetric: Map<Metric, Sample[]>, metric: Metric, sample: Sample): void {
  const samples = byMetric.get(metric);
  if (samples === undefined) byMetric.set(metric, [sample]);
  else samples.push(sample);
}

function finished(series: readonly { metric: Metric; values: Sample[] }[]): ResultSeries[] {
  return [...series]
    .sort(byText((item) => item.metric.sortKey))
    .map(({ metric, values }) => ({ metric: metric.toObject(), values }));
}

function sorted(vector: Vector): Vector {
  const order = vector.metrics.map((_, i) => i);
  order.sort((i, j) => (vector.metrics[i]!.sortKey < vector.metrics[j]!.sortKey ? -1 : 1));
  return { metrics: order.map((i) => vector.metrics[i]!), values: order.map((i) => vector.values[i]!) };
}
