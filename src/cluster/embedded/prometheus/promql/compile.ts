/**
 * An expression as a tree of closures. Each closure keeps what it learned about series (matches, groups, signatures,
 * cursors), so a compiled expression should live as long as its database and be evaluated again and again.
 */
import type { Metric } from '../metric.ts';
import { compileAggregate } from './aggregate.ts';
import { type Binary, type Call, type Expr, setOperators, unwrapParens } from './ast.ts';
import { scalarBinary, setBinary, vectorBinary, vectorScalarBinary } from './binary.ts';
import { typeOf } from './check.ts';
import type { Environment, MatrixNode, ScalarNode, VectorNode } from './context.ts';
import { dateFunctions, elementFunctions, roundTo } from './element-functions.ts';
import { executionError } from './error.ts';
import { histogramQuantile } from './histogram.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import {
  extrapolated,
  predictLinear,
  quantileOverTime,
  type RangeFunction,
  rangeFunctions,
} from './range-functions.ts';
import { compileMatrix, compileSelector, compileSubquery } from './selectors.ts';
import { dropNames } from './vectors.ts';

export type CompiledExpr =
  | { readonly type: 'scalar'; readonly node: ScalarNode }
  | { readonly type: 'vector'; readonly node: VectorNode }
  | { readonly type: 'matrix'; readonly node: MatrixNode }
  | { readonly type: 'string'; readonly value: string };

/** Compiles a checked expression. */
export function compileExpr(env: Environment, expr: Expr): CompiledExpr {
  const type = typeOf(expr);
  switch (type) {
    case 'scalar':
      return { type, node: scalar(env, expr) };
    case 'vector':
      return { type, node: vector(env, expr) };
    case 'matrix':
      return { type, node: matrix(env, expr) };
    case 'string':
      return { type, value: stringOf(expr) };
  }
}

function stringOf(expr: Expr): string {
  const inner = unwrapParens(expr);
  if (inner.type !== 'string') throw executionError('a string literal is needed');
  return inner.value;
}

function scalar(env: Environment, expr: Expr): ScalarNode {
  switch (expr.type) {
    case 'paren':
      return scalar(env, expr.expr);
    case 'number': {
      const { value } = expr;
      return () => value;
    }
    case 'unary': {
      const inner = scalar(env, expr.expr);
      return expr.operator === '-' ? (context) => -inner(context) : inner;
    }
    case 'binary':
      return scalarBinary(expr.operator, scalar(env, expr.left), scalar(env, expr.right));
    case 'call': {
      if (expr.name === 'time') return (context) => context.timeMs / 1000;
      if (expr.name === 'pi') return () => Math.PI;
      const inner = vector(env, expr.args[0]!);
      return (context) => {
        const { values } = inner(context);
        return values.length === 1 ? values[0]! : Number.NaN;
      };
    }
    default:
      throw executionError(`unexpected ${expr.type} as a scalar`);
  }
}

function vector(env: Environment, expr: Expr): VectorNode {
  switch (expr.type) {
    case 'paren':
      return vector(env, expr.expr);
    case 'selector':
      return compileSelector(env, expr, false);
    case 'unary': {
      const inner = vector(env, expr.expr);
      return expr.operator === '-' ? elementwise(env, inner, (value) => -value) : inner;
    }
    case 'aggregate': {
      const parameter = expr.parameter;
      return compileAggregate(
        env,
        expr,
        vector(env, expr.expr),
        parameter === undefined
          ? undefined
          : typeOf(parameter) === 'string'
            ? stringOf(parameter)
            : scalar(env, parameter),
      );
    }
    case 'binary':
      return binary(env, expr);
    case 'call':
      return call(env, expr);
    default:
      throw executionError(`unexpected ${expr.type} as an instant vector`);
  }
}

function matrix(env: Environment, expr: Expr): MatrixNode {
  const inner = unwrapParens(expr);
  if (inner.type === 'matrix') return compileMatrix(env, inner);
  if (inner.type === 'subquery') return compileSubquery(env, inner, vector(env, inner.expr));
  throw executionError(`unexpected ${inner.type} as a range vector`);
}

function binary(env: Environment, expr: Binary): VectorNode {
  if (typeOf(expr.left) === 'scalar')
    return vectorScalarBinary(env, expr, vector(env, expr.right), scalar(env, expr.left), true);
  if (typeOf(expr.right) === 'scalar')
    return vectorScalarBinary(env, expr, vector(env, expr.left), scalar(env, expr.right), false);
  const left = vector(env, expr.left);
  const right = vector(env, expr.right);
  return setOperators.has(expr.operator)
    ? setBinary(env, expr, left, right)
    : vectorBinary(env, expr, left, right);
}

function elementwise(env: Environment, inner: VectorNode, change: (value: number) => number): VectorNode {
  const pool = env.database.pool;
  return (context) => {
    const result = inner(context);
    const { values } = result;
    for (let i = 0; i < values.length; i++) values[i] = change(values[i]!);
    return dropNames(pool, result);
  };
}

function overRange(
  env: Environment,
  inner: MatrixNode,
  compute: RangeFunction,
  keepsName = false,
): VectorNode {
  const pool = env.database.pool;
  return (context) => {
    const metrics: Metric[] = [];
    const values: number[] = [];
    inner(context, (metric, window) => {
      const value = compute(window);
      if (value === undefined) return;
      metrics.push(metric);
      values.push(value);
    });
    return keepsName ? { metrics, values } : dropNames(pool, { metrics, values });
  };
}

function call(env: Environment, expr: Call): VectorNode {
  const { name, args } = expr;
  const pool = env.database.pool;
  const element = elementFunctions[name];
  if (element !== undefined) return elementwise(env, vector(env, args[0]!), element);
  const dated = dateFunctions[name];
  if (dated !== undefined) {
    if (args.length > 0)
      return elementwise(env, vector(env, args[0]!), (v) => (Number.isFinite(v) ? dated(v) : dated(0)));
    return (context) => ({ metrics: [pool.empty], values: [dated(context.timeMs / 1000)] });
  }
  const ranged = rangeFunctions[name];
  if (ranged !== undefined) return overRange(env, matrix(env, args[0]!), ranged, name === 'last_over_time');
  switch (name) {
    case 'rate':
      return overRange(env, matrix(env, args[0]!), extrapolated(env.semantics, true, true));
    case 'increase':
      return overRange(env, matrix(env, args[0]!), extrapolated(env.semantics, true, false));
    case 'delta':
      return overRange(env, matrix(env, args[0]!), extrapolated(env.semantics, false, false));
    case 'predict_linear': {
      const inner = matrix(env, args[0]!);
      const seconds = scalar(env, args[1]!);
      let ahead = 0;
      const node = overRange(env, inner, (window) => predictLinear(window, ahead));
      return (context) => {
        ahead = seconds(context);
        return node(context);
      };
    }
    case 'quantile_over_time': {
      const q = scalar(env, args[0]!);
      let wanted = 0;
      const node = overRange(env, matrix(env, args[1]!), (window) => quantileOverTime(window, wanted));
      return (context) => {
        wanted = q(context);
        return node(context);
      };
    }
    case 'absent': {
      const inner = vector(env, args[0]!);
      const metric = absentMetric(env, args[0]!);
      return (context) =>
        inner(context).metrics.length > 0 ? { metrics: [], values: [] } : { metrics: [metric], values: [1] };
    }
    case 'absent_over_time': {
      const inner = matrix(env, args[0]!);
      const metric = absentMetric(env, args[0]!);
      return (context) => {
        let isThere = false;
        inner(context, () => {
          isThere = true;
        });
        return isThere ? { metrics: [], values: [] } : { metrics: [metric], values: [1] };
      };
    }
    case 'histogram_quantile':
      return histogramQuantile(env, scalar(env, args[0]!), vector(env, args[1]!));
    case 'label_replace':
      return labelReplace(
        env,
        vector(env, args[0]!),
        stringOf(args[1]!),
        stringOf(args[2]!),
        stringOf(args[3]!),
        stringOf(args[4]!),
      );
    case 'label_join':
      return labelJoin(
        env,
        vector(env, args[0]!),
        stringOf(args[1]!),
        stringOf(args[2]!),
        args.slice(3).map(stringOf),
      );
    case 'clamp': {
      const inner = vector(env, args[0]!);
      const low = scalar(env, args[1]!);
      const high = scalar(env, args[2]!);
      return (context) => {
        const result = inner(context);
        const least = low(context);
        const most = high(context);
        if (most < least) return { metrics: [], values: [] };
        result.values = result.values.map((value) => Math.max(least, Math.min(most, value)));
        return dropNames(pool, result);
      };
    }
    case 'clamp_min':
    case 'clamp_max':
    case 'round': {
      const inner = vector(env, args[0]!);
      const bound = args[1] === undefined ? () => 1 : scalar(env, args[1]);
      const change = name === 'round' ? roundTo : name === 'clamp_min' ? Math.max : Math.min;
      return (context) => {
        const result = inner(context);
        const limit = bound(context);
        result.values = result.values.map((value) => change(value, limit));
        return dropNames(pool, result);
      };
    }
    case 'sort':
    case 'sort_desc': {
      const inner = vector(env, args[0]!);
      const sign = name === 'sort' ? 1 : -1;
      return (context) => {
        const { metrics, values } = inner(context);
        // NaN comes last both ways; equal values by their labels
        const order = values
          .map((_, i) => i)
          .sort((i, j) => {
            const a = values[i]!;
            const b = values[j]!;
            if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
            return a === b ? (metrics[i]!.sortKey < metrics[j]!.sortKey ? -1 : 1) : sign * (a - b);
          });
        return { metrics: order.map((i) => metrics[i]!), values: order.map((i) => values[i]!) };
      };
    }
    case 'timestamp': {
      const inner = unwrapParens(args[0]!);
      if (inner.type === 'selector') {
        const node = compileSelector(env, inner, true);
        return (context) => dropNames(pool, node(context));
      }
      const node = vector(env, inner);
      return (context) => {
        const result = node(context);
        result.values.fill(context.timeMs / 1000);
        return dropNames(pool, result);
      };
    }
    case 'vector': {
      const inner = scalar(env, args[0]!);
      return (context) => ({ metrics: [pool.empty], values: [inner(context)] });
    }
    default:
      throw executionError(`function ${JSON.stringify(name)} is not supported`);
  }
}

/** Labels of `absent`'s answer: what the selector's equality matchers fix. */
function absentMetric(env: Environment, expr: Expr): Metric {
  const selector = expr.type === 'matrix' ? expr.selector : expr.type === 'selector' ? expr : undefined;
  const labels: Record<string, string> = {};
  const seen = new Set<string>();
  for (const { label, operator, value } of selector?.matchers ?? []) {
    if (label === '__name__') continue;
    if (operator === '=' && !seen.has(label)) {
      labels[label] = value;
      seen.add(label);
    } else {
      delete labels[label];
    }
  }
  return env.database.pool.from(labels);
}
