import type { Semantics, Window } from './context.ts';
import { quantile, Sum } from './statistics.ts';

/** What a function over a range makes of one series; undefined: no result. */
export type RangeFunction = (window: Window) => number | undefined;

const total = new Sum();
const other = new Sum();

/** Functions of one range and nothing else. Those that depend on the semantics are in `extrapolated`. */
export const rangeFunctions: Readonly<Record<string, RangeFunction | undefined>> = {
  irate: (w) => instantDelta(w, true),
  idelta: (w) => instantDelta(w, false),
  deriv: (w) => (w.hi - w.lo < 2 ? undefined : regression(w, w.times[w.lo]!).slope),
  changes: ({ values, lo, hi }) => {
    let n = 0;
    for (let i = lo + 1; i < hi; i++) {
      const a = values[i - 1]!;
      const b = values[i]!;
      if (a !== b && !(Number.isNaN(a) && Number.isNaN(b))) n++;
    }
    return n;
  },
  resets: ({ values, lo, hi }) => {
    let n = 0;
    for (let i = lo + 1; i < hi; i++) if (values[i]! < values[i - 1]!) n++;
    return n;
  },
  avg_over_time: mean,
  sum_over_time: ({ values, lo, hi }) => {
    total.reset();
    for (let i = lo; i < hi; i++) total.add(values[i]!);
    return total.value;
  },
  count_over_time: ({ lo, hi }) => hi - lo,
  present_over_time: () => 1,
  last_over_time: ({ values, hi }) => values[hi - 1]!,
  min_over_time: ({ values, lo, hi }) => {
    let best = values[lo]!;
    for (let i = lo + 1; i < hi; i++) if (values[i]! < best || Number.isNaN(best)) best = values[i]!;
    return best;
  },
  max_over_time: ({ values, lo, hi }) => {
    let best = values[lo]!;
    for (let i = lo + 1; i < hi; i++) if (values[i]! > best || Number.isNaN(best)) best = values[i]!;
    return best;
  },
  stdvar_over_time: variance,
  stddev_over_time: (w) => Math.sqrt(variance(w)),
};

/** `rate`, `increase`, `delta`: the change between first and last sample, extrapolated to the whole range. */
export function extrapolated(semantics: Semantics, isCounter: boolean, isRate: boolean): RangeFunction {
  return (w) => {
    const { times, values, lo, hi } = w;
    const n = hi - lo;
    if (n < 2) return undefined;
    const first = values[lo]!;
    let result = values[hi - 1]! - first;
    if (isCounter) {
      let previous = first;
      for (let i = lo + 1; i < hi; i++) {
        const value = values[i]!;
        if (value < previous) result += previous;
        previous = value;
      }
    }
    let toStart = (times[lo]! - w.startMs) / 1000;
    let toEnd = (w.endMs - times[hi - 1]!) / 1000;
    const sampled = (times[hi - 1]! - times[lo]!) / 1000;
    const between = sampled / (n - 1);
    const threshold = between * 1.1;
    // a counter cannot have been below zero; 3.x asks after the threshold was applied, 2.x before
    const isBounded = isCounter && result > 0 && first >= 0;
    const toZero = isBounded ? sampled * (first / result) : Number.POSITIVE_INFINITY;
    if (semantics === '2') {
      if (toZero < toStart) toStart = toZero;
      if (toStart >= threshold) toStart = between / 2;
    } else {
      if (toStart >= threshold) toStart = between / 2;
      if (toZero < toStart) toStart = toZero;
    }
    if (toEnd >= threshold) toEnd = between / 2;
    let factor = (sampled + toStart + toEnd) / sampled;
    if (isRate) factor /= w.rangeMs / 1000;
    return result * factor;
  };
}

export function predictLinear(w: Window, seconds: number): number | undefined {
  if (w.hi - w.lo < 2) return undefined;
  const { slope, intercept } = regression(w, w.timeMs);
  return slope * seconds + intercept;
}

export function quantileOverTime(w: Window, q: number): number {
  return quantile(q, w.values.slice(w.lo, w.hi));
}

function instantDelta({ times, values, lo, hi }: Window, isRate: boolean): number | undefined {
  if (hi - lo < 2) return undefined;
  const last = values[hi - 1]!;
  const previous = values[hi - 2]!;
  const elapsed = times[hi - 1]! - times[hi - 2]!;
  if (elapsed === 0) return undefined;
  if (!isRate) return last - previous;
  return (last < previous ? last : last - previous) / (elapsed / 1000);
}

function mean({ values, lo, hi }: Window): number {
  total.reset();
  for (let i = lo; i < hi; i++) total.add(values[i]!);
  const sum = total.value;
  if (Number.isFinite(sum) || hi - lo === 1) return sum / (hi - lo);
  return incrementalMean(values, lo, hi);
}

/** Slower, but does not overflow where the mean is finite and the sum is not. */
export function incrementalMean(values: readonly number[], lo: number, hi: number): number {
  let result = 0;
  for (let i = lo; i < hi; i++) {
    const value = values[i]!;
    const n = i - lo + 1;
    if (!Number.isFinite(result) && !Number.isNaN(result)) {
      if (value === result || Number.isFinite(value)) continue;
    }
    result += value / n - result / n;
  }
  return result;
}

function variance({ values, lo, hi }: Window): number {
  let n = 0;
  total.reset();
  other.reset();
  for (let i = lo; i < hi; i++) {
    n++;
    const delta = values[i]! - total.value;
    total.add(delta / n);
    other.add(delta * (values[i]! - total.value));
  }
  return other.value / n;
}

function regression(w: Window, interceptTimeMs: number): { slope: number; intercept: number } {
  const { times, values, lo, hi } = w;
  const initial = values[lo]!;
  let isConstant = true;
  const x = new Sum();
  const y = new Sum();
  const xy = new Sum();
  const xx = new Sum();
  for (let i = lo; i < hi; i++) {
    const value = values[i]!;
    if (value !== initial && i > lo) isConstant = false;
    const seconds = (times[i]! - interceptTimeMs) / 1000;
    x.add(seconds);
    y.add(value);
    xy.add(seconds * value);
    xx.add(seconds * seconds);
  }
  if (isConstant)
    return Number.isFinite(initial) || Number.isNaN(initial)
      ? { slope: 0, intercept: initial }
      : { slope: Number.NaN, intercept: Number.NaN };
  const n = hi - lo;
  const slope = (xy.value - (x.value * y.value) / n) / (xx.value - (x.value * x.value) / n);
  return { slope, intercept: y.value / n - (slope * x.value) / n };
}
