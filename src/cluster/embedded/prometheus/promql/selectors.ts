import type { Metric } from '../metric.ts';
import { Series } from '../series.ts';
import type { AtModifier, MatrixSelector, Subquery, VectorSelector } from './ast.ts';
import {
  type Context,
  type Environment,
  type MatrixNode,
  type Vector,
  type VectorNode,
  Window,
} from './context.ts';

/** Start of the moment a selector looks at: the evaluation time, or `@`, less the offset. */
function moment(context: Context, at: AtModifier | undefined, offsetMs: number): number {
  const base =
    at === undefined ? context.timeMs : at === 'start' ? context.startMs : at === 'end' ? context.endMs : at;
  return base - offsetMs;
}

/** The last sample of each matching series within the lookback; or, with `timestamps`, its time in seconds. */
export function compileSelector(env: Environment, selector: VectorSelector, timestamps: boolean): VectorNode {
  const selection = env.database.select(selector.matchers, env.semantics === '3');
  const { at, offsetMs } = selector;
  // in whole milliseconds, "older than the lookback" and "as old as the lookback" differ by one
  const lookbackMs = env.semantics === '3' ? env.lookbackMs - 1 : env.lookbackMs;
  const hints: number[] = [];
  const { newest } = env.database;
  return (context): Vector => {
    const time = moment(context, at, offsetMs);
    const oldest = time - lookbackMs;
    const all = selection.series();
    const { ids } = selection;
    const metrics: Metric[] = [];
    const values: number[] = [];
    for (let i = 0; i < all.length; i++) {
      let sampleTime = newest.times[ids[i]!]!;
      let value = newest.values[ids[i]!]!;
      if (sampleTime < oldest) continue;
      if (sampleTime > time || Number.isNaN(value)) {
        const series = all[i]!;
        const bound = series.upperBound(time, hints[i] ?? 0);
        hints[i] = bound;
        if (bound === 0) continue;
        sampleTime = series.times[bound - 1]!;
        if (sampleTime < oldest || series.stale?.has(bound - 1)) continue;
        value = series.values[bound - 1]!;
      }
      metrics.push(selection.metrics[i]!);
      values.push(timestamps ? sampleTime / 1000 : value);
    }
    return { metrics, values };
  };
}

/** Samples of each matching series within the range, without staleness markers. */
export function compileMatrix(env: Environment, expr: MatrixSelector): MatrixNode {
  const { selector, rangeMs } = expr;
  const selection = env.database.select(selector.matchers, env.semantics === '3');
  const openMs = env.semantics === '3' ? 0 : 1;
  const lowHints: number[] = [];
  const highHints: number[] = [];
  const window = new Window();
  window.rangeMs = rangeMs;
  const scratch = new Scratch();
  return (context, visit) => {
    const end = moment(context, selector.at, selector.offsetMs);
    const start = end - rangeMs;
    window.endMs = end;
    window.startMs = start;
    window.timeMs = context.timeMs;
    const all = selection.series();
    for (let i = 0; i < all.length; i++) {
      const series = all[i]!;
      const high = series.upperBound(end, highHints[i] ?? 0);
      highHints[i] = high;
      if (high === 0 || series.times[high - 1]! < start) continue;
      const low = series.upperBound(start - openMs, lowHints[i] ?? 0);
      lowHints[i] = low;
      if (low >= high) continue;
      if (series.stale === undefined) {
        window.times = series.times;
        window.values = series.values;
        window.lo = low;
        window.hi = high;
      } else {
        scratch.fill(series, low, high);
        if (scratch.times.length === 0) continue;
        window.times = scratch.times;
        window.values = scratch.values;
        window.lo = 0;
        window.hi = scratch.times.length;
      }
      visit(series.metric, window);
    }
  };
}

/** A copy of a window without its staleness markers. */
class Scratch {
  readonly times: number[] = [];
  readonly values: number[] = [];

  fill(series: Series, low: number, high: number): void {
    this.times.length = 0;
    this.values.length = 0;
    for (let i = low; i < high; i++) {
      if (series.isStale(i)) continue;
      this.times.push(series.times[i]!);
      this.values.push(series.values[i]!);
    }
  }
}

/**
 * Evaluates the inner expression on the grid of multiples of its step. Within one query the windows of later steps
 * overlap those of earlier ones, so what was evaluated is kept and only new grid points are added.
 */
export function compileSubquery(env: Environment, expr: Subquery, inner: VectorNode): MatrixNode {
  const stepMs = expr.stepMs ?? env.subqueryStepMs;
  const openMs = env.semantics === '3' ? 0 : 1;
  const window = new Window();
  window.rangeMs = expr.rangeMs;
  let queryId = -1;
  let firstMs = 0;
  let nextMs = 0;
  let buffers = new Map<Metric, Series>();
  return (context, visit) => {
    const end = moment(context, expr.at, expr.offsetMs);
    const start = end - expr.rangeMs;
    const gridStart = (Math.floor((start - openMs) / stepMs) + 1) * stepMs;
    if (queryId !== context.queryId || gridStart < firstMs || gridStart > nextMs) {
      queryId = context.queryId;
      buffers = new Map();
      firstMs = gridStart;
      nextMs = gridStart;
    }
    const outerTime = context.timeMs;
    for (; nextMs <= end; nextMs += stepMs) {
      context.timeMs = nextMs;
      const { metrics, values } = inner(context);
      for (let i = 0; i < metrics.length; i++) {
        const metric = metrics[i]!;
        let buffer = buffers.get(metric);
        if (buffer === undefined) {
          buffer = new Series(metric);
          buffers.set(metric, buffer);
        }
        buffer.append(nextMs, values[i]!);
      }
    }
    context.timeMs = outerTime;
    window.timeMs = outerTime;
    window.startMs = start;
    window.endMs = end;
    for (const [metric, buffer] of buffers) {
      const high = buffer.upperBound(end, 0);
      const low = buffer.upperBound(start - openMs, 0);
      if (low >= high) continue;
      window.times = buffer.times;
      window.values = buffer.values;
      window.lo = low;
      window.hi = high;
      visit(metric, window);
    }
  };
}
