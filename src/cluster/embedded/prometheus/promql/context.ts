import type { Metric } from '../metric.ts';
import type { Database } from '../tsdb.ts';

/**
 * `3`: ranges and the lookback are open on the left, a dot in a regular expression matches a newline.
 * `2`: closed on the left, as Prometheus 2.x.
 */
export type Semantics = '2' | '3';

export interface EngineOptions {
  readonly semantics: Semantics;
  /** How old a sample may be to count as current; Prometheus' default is five minutes. */
  readonly lookbackMs: number;
  /** Step of a subquery that gives none: the evaluation interval. */
  readonly subqueryStepMs: number;
}

/** Where an evaluation stands. One object per query; `timeMs` moves from step to step, and inside subqueries. */
export class Context {
  readonly startMs: number;
  readonly endMs: number;
  readonly queryId: number;
  timeMs: number;

  constructor(queryId: number, startMs: number, endMs: number) {
    this.queryId = queryId;
    this.startMs = startMs;
    this.endMs = endMs;
    this.timeMs = startMs;
  }
}

/** What compiled nodes know of their surroundings. */
export interface Environment extends EngineOptions {
  readonly database: Database;
}

/** An instant vector: `values[i]` belongs to `metrics[i]`. Owned by whoever received it, who may change it in place. */
export interface Vector {
  metrics: Metric[];
  values: number[];
}

/** Samples `lo` (inclusive) to `hi` (exclusive) of the arrays: what one series has in the range. */
export class Window {
  times: readonly number[] = [];
  values: readonly number[] = [];
  lo = 0;
  hi = 0;
  /** Bounds of the range. */
  startMs = 0;
  endMs = 0;
  /** Length of the range as written. */
  rangeMs = 0;
  /** Time of the evaluation, which an offset does not move. */
  timeMs = 0;
}

export type ScalarNode = (context: Context) => number;
export type VectorNode = (context: Context) => Vector;
/** Visits the series that have samples in the range; the window object is reused from visit to visit. */
export type MatrixNode = (context: Context, visit: (metric: Metric, window: Window) => void) => void;
