import type { MetricPool } from '../metric.ts';
import type { Vector } from './context.ts';
import { executionError } from './error.ts';

/** Removes the metric name of every element, in place; two that become the same are an error. */
export function dropNames(pool: MetricPool, vector: Vector): Vector {
  const metrics = vector.metrics;
  if (metrics.length === 0) return vector;
  const first = metrics[0]!.name;
  let mixed = false;
  for (let i = 0; i < metrics.length; i++) {
    const metric = metrics[i]!;
    if (metric.name !== first) mixed = true;
    metrics[i] = metric.withoutName();
  }
  if (mixed) checkDistinct(pool, vector);
  return vector;
}

/** Fails if two elements have the same labels. */
export function checkDistinct(pool: MetricPool, vector: Vector): Vector {
  const mark = pool.newMark();
  for (const metric of vector.metrics) {
    if (metric.mark === mark) throw executionError('vector cannot contain metrics with the same labelset');
    metric.mark = mark;
  }
  return vector;
}
