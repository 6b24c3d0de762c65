import { formatPlain } from '../format.ts';
import type { Metric } from '../metric.ts';
import type { Aggregate } from './ast.ts';
import type { Environment, ScalarNode, Vector, VectorNode } from './context.ts';
import { executionError } from './error.ts';
import { isLabelName } from './label-functions.ts';
import { incrementalMean } from './range-functions.ts';
import { Remembered } from './remembered.ts';
import { quantile, Sum } from './statistics.ts';
import { TopHeap } from './top-heap.ts';

interface Group {
  readonly metric: Metric;
  stamp: number;
  /** Values of this evaluation, in the order of the input, and their metrics. */
  readonly values: number[];
  readonly members: Metric[];
}

/** An aggregation; which group a series belongs to is found out once. */
export function compileAggregate(
  env: Environment,
  expr: Aggregate,
  vector: VectorNode,
  parameter: ScalarNode | string | undefined,
): VectorNode {
  const input = expr.operator === 'count_values' ? countValuesInput(env, vector, parameter) : vector;
  const groupOf = grouping(env, expr, expr.operator === 'count_values' ? (parameter as string) : undefined);
  const keepsMembers = expr.operator === 'topk' || expr.operator === 'bottomk';
  let stamp = 0;
  return (context): Vector => {
    stamp++;
    const number = typeof parameter === 'function' ? parameter(context) : 0;
    const { metrics, values } = input(context);
    const touched: Group[] = [];
    for (let i = 0; i < metrics.length; i++) {
      const metric = metrics[i]!;
      const group = groupOf.at(i, metric);
      if (group.stamp !== stamp) {
        group.stamp = stamp;
        group.values.length = 0;
        group.members.length = 0;
        touched.push(group);
      }
      group.values.push(values[i]!);
      if (keepsMembers) group.members.push(metric);
    }
    return keepsMembers
      ? ranked(touched, number, expr.operator === 'topk')
      : {
          metrics: touched.map((group) => group.metric),
          values: touched.map((group) => reduce(expr, group.values, number)),
        };
  };
}

function grouping(env: Environment, expr: Aggregate, extra: string | undefined): Remembered<Group> {
  const pool = env.database.pool;
  const labels = new Set(expr.grouping?.labels ?? []);
  const without = expr.grouping?.without ?? false;
  if (without) labels.add('__name__');
  else if (extra !== undefined) labels.add(extra);
  const groups = new Map<Metric, Group>();
  return new Remembered((metric) => {
    const key = without ? pool.drop(metric, labels) : pool.keep(metric, labels);
    let group = groups.get(key);
    if (group === undefined) {
      group = { metric: key, stamp: 0, values: [], members: [] };
      groups.set(key, group);
    }
    return group;
  });
}

const total = new Sum();

function reduce(expr: Aggregate, values: number[], parameter: number): number {
  const n = values.length;
  switch (expr.operator) {
    case 'sum':
      total.reset();
      for (let i = 0; i < n; i++) total.add(values[i]!);
      return total.value;
    case 'avg': {
      total.reset();
      for (let i = 0; i < n; i++) total.add(values[i]!);
      return Number.isFinite(total.value) || n === 1 ? total.value / n : incrementalMean(values, 0, n);
    }
    case 'count':
    case 'count_values':
      return n;
    case 'group':
      return 1;
    case 'min': {
      let best = values[0]!;
      for (let i = 1; i < n; i++) if (best > values[i]! || Number.isNaN(best)) best = values[i]!;
      return best;
    }
    case 'max': {
      let best = values[0]!;
      for (let i = 1; i < n; i++) if (best < values[i]! || Number.isNaN(best)) best = values[i]!;
      return best;
    }
    case 'stdvar':
      return variance(values);
    case 'stddev':
      return Math.sqrt(variance(values));
    case 'quantile':
      return quantile(parameter, values);
    default:
      throw executionError(`unexpected aggregation ${expr.operator}`);
  }
}

function variance(values: readonly number[]): number {
  let mean = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const delta = values[i]! - mean;
    mean += delta / (i + 1);
    sum += delta * (values[i]! - mean);
  }
  return sum / values.length;
}

function ranked(groups: readonly Group[], parameter: number, top: boolean): Vector {
  const result: Vector = { metrics: [], values: [] };
  if (Number.isNaN(parameter) || Math.abs(parameter) >= 2 ** 63)
    throw executionError(`Scalar value ${parameter} overflows int64`);
  const k = Math.trunc(parameter);
  if (k < 1) return result;
  for (const group of groups) {
    const heap = new TopHeap(Math.min(k, group.values.length), top);
    for (let i = 0; i < group.values.length; i++) heap.offer(group.members[i]!, group.values[i]!);
    for (const { metric, value } of heap.sorted()) {
      result.metrics.push(metric);
      result.values.push(value);
    }
  }
  return result;
}

/** The value of every element becomes a label, so that counting by it is an ordinary grouping. */
function countValuesInput(
  env: Environment,
  vector: VectorNode,
  label: ScalarNode | string | undefined,
): VectorNode {
  if (typeof label !== 'string' || !isLabelName(label))
    throw executionError(`invalid label name ${JSON.stringify(label)}`);
  const pool = env.database.pool;
  return (context) => {
    const result = vector(context);
    result.metrics.forEach((metric, i) => {
      result.metrics[i] = pool.set(metric, label, formatPlain(result.values[i]!));
    });
    return result;
  };
}
