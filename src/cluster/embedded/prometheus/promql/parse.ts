/**
 * Text to our AST, by Prometheus' own grammar for tokens and shapes. That grammar (made for editors) binds `offset`,
 * `@` and ranges looser than operators, so operators are put together again here by Prometheus' precedences.
 */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { AggregateOperator, BinaryOperator, Expr, Span, VectorMatching } from './ast.ts';
import { checkTypes } from './check.ts';
import { parseError } from './error.ts';
import { parseNumber } from './literals.ts';
import { applyPostfix, parseSelector } from './parse-selector.ts';
import { childrenOf, Source } from './source.ts';
import { syntaxError } from './syntax-error.ts';

/** Parses and type-checks an expression; throws PromqlError with the place of the first mistake. */
export function parseExpr(source: string): Expr {
  const tree = parser.parse(source);
  const parse = new Parse(source);
  tree.cursor().iterate((node) => {
    if (node.type.isError) throw syntaxError(source, node.from, node.to);
  });
  const root = tree.topNode.firstChild;
  const expr = root === null ? undefined : firstExpr(root);
  if (expr === undefined || expr === null) throw parseError(source, 0, 'no expression found in input');
  const result = parse.expression(expr);
  checkTypes(source, result);
  return result;
}

function firstExpr(node: SyntaxNode): SyntaxNode | null {
  let current: SyntaxNode | null = node;
  while (current !== null && current.name === 'LineComment') current = current.nextSibling;
  return current;
}

type Item =
  | { readonly kind: 'operand'; readonly node: SyntaxNode; readonly unsigned: boolean }
  | { readonly kind: 'prefix'; readonly operator: '+' | '-'; readonly from: number }
  | { readonly kind: 'postfix'; readonly node: SyntaxNode }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly returnBool: boolean;
      readonly matching: VectorMatching | undefined;
    };

const precedences: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '>': 3,
  '<': 3,
  '>=': 3,
  '<=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};
const unsupported: Readonly<Record<string, string>> = {
  AnchoredExpr: 'anchored selectors are not supported',
  SmoothedExpr: 'smoothed selectors are not supported',
  FillModifier: 'fill modifiers are not supported',
  TrimUpper: 'native histograms are not supported',
  TrimLower: 'native histograms are not supported',
};

class Parse {
  readonly #source: Source;

  constructor(source: string) {
    this.#source = new Source(source);
  }

  expression(node: SyntaxNode): Expr {
    const items: Item[] = [];
    this.#collect(node, items);
    let position = 0;
    const primary = (): Expr => {
      const item = items[position++];
      if (item === undefined) throw this.#source.error(node, 'unexpected end of input');
      if (item.kind === 'prefix') {
        const expr = binary(6);
        const span = { from: item.from, to: expr.span.to };
        if (expr.type === 'number')
          return { type: 'number', value: item.operator === '-' ? -expr.value : expr.value, span };
        return { type: 'unary', operator: item.operator, expr, span };
      }
      if (item.kind !== 'operand') throw this.#source.error(node, 'unexpected operator');
      let expr = this.#operand(item.node, item.unsigned);
      for (let next = items[position]; next?.kind === 'postfix'; next = items[position]) {
        expr = applyPostfix(this.#source, expr, next.node);
        position++;
      }
      return expr;
    };
    const binary = (minimum: number): Expr => {
      let left = primary();
      for (;;) {
        const item = items[position];
        if (item?.kind !== 'binary') return left;
        const precedence = precedences[item.operator];
        if (precedence < minimum) return left;
        position++;
        const right = binary(item.operator === '^' ? precedence : precedence + 1);
        left = {
          type: 'binary',
          operator: item.operator,
          left,
          right,
          returnBool: item.returnBool,
          matching: item.matching,
          span: { from: left.span.from, to: right.span.to },
        };
      }
    };
    return binary(0);
  }

  #collect(node: SyntaxNode, items: Item[]): void {
    const refused = unsupported[node.name];
    if (refused !== undefined) throw this.#source.error(node, refused);
    const children = childrenOf(node);
    switch (node.name) {
      case 'BinaryExpr': {
        this.#collect(children[0]!, items);
        items.push(this.#operator(children.slice(1, -1)));
        this.#collect(children.at(-1)!, items);
        return;
      }
      case 'UnaryExpr': {
        items.push({
          kind: 'prefix',
          operator: this.#source.text(children[0]!) === '-' ? '-' : '+',
          from: node.from,
        });
        this.#collect(children[1]!, items);
        return;
      }
      case 'OffsetExpr':
      case 'StepInvariantExpr':
      case 'MatrixSelector':
      case 'SubqueryExpr': {
        this.#collect(children[0]!, items);
        items.push({ kind: 'postfix', node });
        return;
      }
      case 'NumberDurationLiteral': {
        const sign = this.#source.text(node)[0];
        const signed = sign === '-' || sign === '+';
        if (signed) items.push({ kind: 'prefix', operator: sign, from: node.from });
        items.push({ kind: 'operand', node, unsigned: signed });
        return;
      }
      default:
        items.push({ kind: 'operand', node, unsigned: false });
    }
  }

  #operator(nodes: readonly SyntaxNode[]): Item {
    const first = nodes[0]!;
    if (unsupported[first.name] !== undefined) throw this.#source.error(first, unsupported[first.name]!);
    let matching: VectorMatching | undefined;
    let returnBool = false;
    for (const node of nodes.slice(1)) {
      if (node.name === 'BoolModifier') returnBool = true;
      else if (node.name === 'MatchingModifierClause') matching = this.#matching(node);
      else throw this.#source.error(node, unsupported[node.name] ?? `unexpected ${node.name}`);
    }
    return {
      kind: 'binary',
      operator: this.#source.text(first).toLowerCase() as BinaryOperator,
      returnBool,
      matching,
    };
  }

  #matching(node: SyntaxNode): VectorMatching {
    const children = childrenOf(node);
    const labels = this.#source.labels(children[1]!);
    const group = children[2] === undefined ? undefined : children[2].name === 'GroupLeft' ? 'left' : 'right';
    const include = children[3] === undefined ? [] : this.#source.labels(children[3]);
    const on = children[0]!.name === 'On';
    const both = on ? labels.find((label) => include.includes(label)) : undefined;
    if (both !== undefined)
      throw this.#source.error(
        node,
        `label ${JSON.stringify(both)} must not occur in ON and GROUP clause at once`,
      );
    return { on, labels, group, include };
  }

  #operand(node: SyntaxNode, unsigned: boolean): Expr {
    const span: Span = { from: node.from, to: node.to };
    switch (node.name) {
      case 'NumberDurationLiteral': {
        const text = unsigned ? this.#source.text(node).slice(1).trim() : this.#source.text(node);
        const value = parseNumber(text);
        if (value === undefined)
          throw this.#source.error(node, `error parsing number: ${JSON.stringify(text)}`);
        return { type: 'number', value, span };
      }
      case 'StringLiteral':
        return { type: 'string', value: this.#source.string(node), span };
      case 'ParenExpr':
        return { type: 'paren', expr: this.expression(childrenOf(node)[0]!), span };
      case 'VectorSelector':
        return parseSelector(this.#source, node);
      case 'FunctionCall': {
        const [name, body] = childrenOf(node);
        return {
          type: 'call',
          name: this.#source.text(name!),
          args: childrenOf(body!).map((arg) => this.expression(arg)),
          span,
        };
      }
      case 'AggregateExpr':
        return this.#aggregate(node);
      default:
        throw this.#source.error(node, unsupported[node.name] ?? `unexpected ${node.name}`);
    }
  }

  #aggregate(node: SyntaxNode): Expr {
    const children = childrenOf(node);
    const operator = this.#source.text(children[0]!).toLowerCase();
    if (operator === 'limitk' || operator === 'limit_ratio')
      throw this.#source.error(node, `${operator}() is experimental and not supported`);
    const body = children.find((child) => child.name === 'FunctionCallBody');
    const modifier = children.find((child) => child.name === 'AggregateModifier');
    const args = body === undefined ? [] : childrenOf(body).map((arg) => this.expression(arg));
    const parametric = ['topk', 'bottomk', 'quantile', 'count_values'].includes(operator);
    if (args.length === 0) throw this.#source.error(node, 'no arguments for aggregate expression provided');
    const wanted = parametric ? 2 : 1;
    if (args.length !== wanted)
      throw this.#source.error(
        node,
        `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
      );
    let grouping: { without: boolean; labels: string[] } | undefined;
    if (modifier !== undefined) {
      const [kind, labels] = childrenOf(modifier);
      grouping = { without: kind!.name === 'Without', labels: this.#source.labels(labels!) };
    }
    return {
      type: 'aggregate',
      operator: operator as AggregateOperator,
      expr: args.at(-1)!,
      parameter: parametric ? args[0] : undefined,
      grouping,
      span: { from: node.from, to: node.to },
    };
  }
}
