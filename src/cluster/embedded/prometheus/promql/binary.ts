import type { Metric } from '../metric.ts';
import { type Binary, type BinaryOperator, comparisonOperators, type VectorMatching } from './ast.ts';
import type { Environment, ScalarNode, Vector, VectorNode } from './context.ts';
import { power } from './element-functions.ts';
import { executionError } from './error.ts';
import { Remembered } from './remembered.ts';
import { checkDistinct, dropNames } from './vectors.ts';

type Arithmetic = (a: number, b: number) => number;

const arithmetic: Partial<Record<BinaryOperator, Arithmetic>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': power,
  atan2: (a, b) => Math.atan2(a, b),
};
const comparison: Partial<Record<BinaryOperator, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

/** Between two scalars; comparisons answer 1 or 0. */
export function scalarBinary(operator: BinaryOperator, left: ScalarNode, right: ScalarNode): ScalarNode {
  const compare = comparison[operator];
  if (compare !== undefined) return (context) => (compare(left(context), right(context)) ? 1 : 0);
  const compute = arithmetic[operator]!;
  return (context) => compute(left(context), right(context));
}

/** Between a vector and a scalar, on either side. */
export function vectorScalarBinary(
  env: Environment,
  expr: Binary,
  vector: VectorNode,
  scalar: ScalarNode,
  scalarLeft: boolean,
): VectorNode {
  const pool = env.database.pool;
  const compare = comparison[expr.operator];
  if (compare === undefined) {
    const compute = arithmetic[expr.operator]!;
    return (context) => {
      const left = vector(context);
      const number = scalar(context);
      const { values } = left;
      for (let i = 0; i < values.length; i++)
        values[i] = scalarLeft ? compute(number, values[i]!) : compute(values[i]!, number);
      return dropNames(pool, left);
    };
  }
  return (context) => {
    const { metrics, values } = vector(context);
    const number = scalar(context);
    const result: Vector = { metrics: [], values: [] };
    for (let i = 0; i < metrics.length; i++) {
      const value = values[i]!;
      const holds = scalarLeft ? compare(number, value) : compare(value, number);
      if (!holds && !expr.returnBool) continue;
      result.metrics.push(metrics[i]!);
      result.values.push(expr.returnBool ? (holds ? 1 : 0) : value);
    }
    return expr.returnBool ? dropNames(pool, result) : result;
  };
}

/** Numbers match signatures; equal numbers, equal values of the matching labels. */
function signatures(env: Environment, matching: VectorMatching): Remembered<number> {
  const pool = env.database.pool;
  const labels = new Set(matching.labels);
  if (!matching.on) labels.add('__name__');
  return new Remembered((metric) => (matching.on ? pool.keep(metric, labels) : pool.drop(metric, labels)).id);
}

const oneToOne: VectorMatching = { on: false, labels: [], group: undefined, include: [] };

/** `and`, `or`, `unless`. */
export function setBinary(env: Environment, expr: Binary, left: VectorNode, right: VectorNode): VectorNode {
  const leftSignature = signatures(env, expr.matching ?? oneToOne);
  const rightSignature = signatures(env, expr.matching ?? oneToOne);
  const pool = env.database.pool;
  const { operator } = expr;
  return (context) => {
    const a = left(context);
    const b = right(context);
    const there = new Set<number>();
    if (operator === 'or') {
      for (let i = 0; i < a.metrics.length; i++) there.add(leftSignature.at(i, a.metrics[i]!));
      for (let i = 0; i < b.metrics.length; i++) {
        if (there.has(rightSignature.at(i, b.metrics[i]!))) continue;
        a.metrics.push(b.metrics[i]!);
        a.values.push(b.values[i]!);
      }
      return checkDistinct(pool, a);
    }
    for (let i = 0; i < b.metrics.length; i++) there.add(rightSignature.at(i, b.metrics[i]!));
    const result: Vector = { metrics: [], values: [] };
    for (let i = 0; i < a.metrics.length; i++) {
      if (there.has(leftSignature.at(i, a.metrics[i]!)) !== (operator === 'and')) continue;
      result.metrics.push(a.metrics[i]!);
      result.values.push(a.values[i]!);
    }
    return result;
  };
}

/** Arithmetic and comparison between two vectors, one-to-one or with `group_left`/`group_right`. */
export function vectorBinary(
  env: Environment,
  expr: Binary,
  left: VectorNode,
  right: VectorNode,
): VectorNode {
  const matching = expr.matching ?? oneToOne;
  const pool = env.database.pool;
  const oneSignature = signatures(env, matching);
  const manySignature = signatures(env, matching);
  const resultMetric = resultMetrics(env, expr, matching);
  const compare = comparison[expr.operator];
  const compute = arithmetic[expr.operator];
  const swap = matching.group === 'right';
  return (context) => {
    const a = left(context);
    const b = right(context);
    const result: Vector = { metrics: [], values: [] };
    if (a.metrics.length === 0 || b.metrics.length === 0) return result;
    const many = swap ? b : a;
    const one = swap ? a : b;
    const oneBySignature = new Map<number, number>();
    for (let i = 0; i < one.metrics.length; i++) {
      const id = oneSignature.at(i, one.metrics[i]!);
      const twin = oneBySignature.get(id);
      if (twin !== undefined)
        throw duplicate(env, matching, one.metrics[i]!, one.metrics[twin]!, swap ? 'left' : 'right');
      oneBySignature.set(id, i);
    }
    const matched = matching.group === undefined ? new Set<number>() : undefined;
    const mark = matched === undefined ? pool.newMark() : 0;
    for (let i = 0; i < many.metrics.length; i++) {
      const id = manySignature.at(i, many.metrics[i]!);
      const j = oneBySignature.get(id);
      if (j === undefined) continue;
      const x = swap ? one.values[j]! : many.values[i]!;
      const y = swap ? many.values[i]! : one.values[j]!;
      let value: number;
      if (compare !== undefined) {
        const holds = compare(x, y);
        if (expr.returnBool) value = holds ? 1 : 0;
        else if (holds) value = x;
        else continue;
      } else {
        value = compute!(x, y);
      }
      const metric = resultMetric(i, many.metrics[i]!, one.metrics[j]!);
      if (matched !== undefined) {
        if (matched.has(id))
          throw executionError(
            'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
          );
        matched.add(id);
      } else {
        if (metric.mark === mark)
          throw executionError('multiple matches for labels: grouping labels must ensure unique matches');
        metric.mark = mark;
      }
      result.metrics.push(metric);
      result.values.push(value);
    }
    return result;
  };
}

function resultMetrics(
  env: Environment,
  expr: Binary,
  matching: VectorMatching,
): (i: number, many: Metric, one: Metric) => Metric {
  const pool = env.database.pool;
  // 2.x forgot atan2 among the operators that drop the name
  const keepsName =
    comparisonOperators.has(expr.operator) || (env.semantics === '2' && expr.operator === 'atan2');
  const dropsName = expr.returnBool || !keepsName;
  const labels = new Set(matching.labels);
  const derive = (many: Metric, one: Metric): Metric => {
    let metric = dropsName ? many.withoutName() : many;
    if (matching.group === undefined)
      metric = matching.on ? pool.keep(metric, labels) : pool.drop(metric, labels);
    for (const label of matching.include) metric = pool.set(metric, label, one.get(label));
    return metric;
  };
  if (matching.include.length === 0) {
    // what it is derived from does not depend on the partner
    const remembered = new Remembered((many) => derive(many, many));
    return (i, many) => remembered.at(i, many);
  }
  const known = new Map<Metric, Map<Metric, Metric>>();
  return (_, many, one) => {
    let partners = known.get(many);
    if (partners === undefined) {
      partners = new Map();
      known.set(many, partners);
    }
    let metric = partners.get(one);
    if (metric === undefined) {
      metric = derive(many, one);
      partners.set(one, metric);
    }
    return metric;
  };
}

function duplicate(env: Environment, matching: VectorMatching, a: Metric, b: Metric, side: string): Error {
  const labels = new Set(matching.labels);
  const group = matching.on
    ? env.database.pool.keep(a, labels)
    : env.database.pool.drop(a.withoutName(), labels);
  return executionError(
    `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: [${a}, ${b}];` +
      'many-to-many matching not allowed: matching labels must be unique on one side',
  );
}
