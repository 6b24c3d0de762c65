import { comparisonOperators, type Expr, setOperators, unwrapParens, type ValueType } from './ast.ts';
import { parseError } from './error.ts';
import { signatures } from './signatures.ts';

const names: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

/** The type an expression has, without looking inside. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.type) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
    case 'aggregate':
      return 'vector';
    case 'matrix':
    case 'subquery':
      return 'matrix';
    case 'call':
      return signatures[expr.name]?.returns ?? 'vector';
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
    case 'unary':
    case 'paren':
      return typeOf(expr.expr);
  }
}

/** Checks the types of an expression and everything in it; throws PromqlError at the first mistake. */
export function checkTypes(source: string, expr: Expr): ValueType {
  const fail = (at: Expr, message: string): never => {
    throw parseError(source, at.span.from, message);
  };
  const expect = (inner: Expr, wanted: ValueType, context: string) => {
    const got = check(inner);
    if (got !== wanted) fail(inner, `expected type ${names[wanted]} in ${context}, got ${names[got]}`);
  };
  const check = (node: Expr): ValueType => {
    switch (node.type) {
      case 'paren':
        return check(node.expr);
      case 'unary': {
        const type = check(node.expr);
        if (type !== 'scalar' && type !== 'vector')
          fail(
            node,
            `unary expression only allowed on expressions of type scalar or instant vector, got ${JSON.stringify(names[type])}`,
          );
        return type;
      }
      case 'subquery': {
        const type = check(node.expr);
        if (type !== 'vector') fail(node, `subquery is only allowed on instant vector, got ${type} instead`);
        return 'matrix';
      }
      case 'aggregate': {
        expect(node.expr, 'vector', 'aggregation expression');
        if (node.parameter !== undefined)
          expect(
            node.parameter,
            node.operator === 'count_values' ? 'string' : 'scalar',
            'aggregation parameter',
          );
        return 'vector';
      }
      case 'call': {
        const signature = signatures[node.name];
        if (signature === undefined)
          return fail(
            node,
            `function ${JSON.stringify(node.name)} is not supported (experimental or for native histograms)`,
          );
        const least = signature.args.length - (signature.optional ?? 0);
        const most = signature.variadic === true ? Number.POSITIVE_INFINITY : signature.args.length;
        if (node.args.length < least || node.args.length > most) {
          const wanted =
            least === most
              ? `${least}`
              : most === Number.POSITIVE_INFINITY || node.args.length < least
                ? `at least ${least}`
                : `at most ${most}`;
          fail(
            node,
            `expected ${wanted} argument(s) in call to ${JSON.stringify(node.name)}, got ${node.args.length}`,
          );
        }
        node.args.forEach((arg, i) => {
          expect(
            arg,
            signature.args[Math.min(i, signature.args.length - 1)]!,
            `call to function ${JSON.stringify(node.name)}`,
          );
        });
        return signature.returns;
      }
      case 'binary': {
        const left = check(node.left);
        const right = check(node.right);
        for (const [side, type] of [
          [node.left, left],
          [node.right, right],
        ] as const)
          if (type !== 'scalar' && type !== 'vector')
            fail(side, 'binary expression must contain only scalar and instant vector types');
        const scalars = left === 'scalar' && right === 'scalar';
        const isComparison = comparisonOperators.has(node.operator);
        if (node.returnBool && !isComparison)
          fail(node, 'bool modifier can only be used on comparison operators');
        if (scalars && isComparison && !node.returnBool)
          fail(node, 'comparisons between scalars must use BOOL modifier');
        if (setOperators.has(node.operator)) {
          if (left === 'scalar' || right === 'scalar')
            fail(
              node,
              `set operator ${JSON.stringify(node.operator)} not allowed in binary scalar expression`,
            );
          if (node.matching?.group !== undefined)
            fail(node, `no grouping allowed for ${JSON.stringify(node.operator)} operation`);
        }
        if (node.matching !== undefined && (left === 'scalar' || right === 'scalar')) {
          if (node.matching.labels.length > 0)
            fail(node, 'vector matching only allowed between instant vectors');
          if (node.matching.group !== undefined)
            fail(node, 'vector matching only allowed between instant vectors');
        }
        return scalars ? 'scalar' : 'vector';
      }
      default:
        return typeOf(node);
    }
  };
  return check(expr);
}

/** Whether an expression is `sort…`, `topk` or `bottomk`: its result has an order of its own. */
export function isOrdered(expr: Expr): boolean {
  const inner = unwrapParens(expr);
  if (inner.type === 'call') return inner.name === 'sort' || inner.name === 'sort_desc';
  return inner.type === 'aggregate' && (inner.operator === 'topk' || inner.operator === 'bottomk');
}
