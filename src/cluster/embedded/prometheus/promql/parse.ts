/**
 * Text to our AST, by Prometheus' own grammar for tokens and shapes. That grammar (made for editors) binds `offset`,
 * `@` and ranges looser than operators, so operators are put together again here by Prometheus' precedences.
 */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { LabelMatcher, MatchOperator } from '../matcher.ts';
import { compileAnchored } from '../matcher.ts';
import type {
  AggregateOperator,
  AtModifier,
  BinaryOperator,
  Expr,
  Span,
  VectorMatching,
  VectorSelector,
} from './ast.ts';
import { checkTypes } from './check.ts';
import { parseError } from './error.ts';
import { parseDurationMs, parseNumber, unquote } from './literals.ts';

/** Parses and type-checks an expression; throws PromqlError with the place of the first mistake. */
export function parseExpr(source: string): Expr {
  const tree = parser.parse(source);
  const parse = new Parse(source);
  tree.cursor().iterate((node) => {
    if (node.type.isError) throw parse.syntaxError(node.from, node.to);
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
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  /** What is wrong at an error node of the grammar. */
  syntaxError(from: number, to: number): Error {
    const source = this.#source;
    for (const call of source.matchAll(/([A-Za-z_][A-Za-z0-9_:]*)\s*\(/g)) {
      const end = call.index + call[0].length;
      if (
        from >= call.index &&
        from <= end &&
        !/^(?:by|without|on|ignoring|group_left|group_right|bool|offset|and|or|unless)$/i.test(call[1]!)
      )
        return parseError(source, call.index, `unknown function with name ${JSON.stringify(call[1])}`);
    }
    const rest = source.slice(from, Math.max(to, from + 1)).trim();
    if (source.trim() === '') return parseError(source, 0, 'no expression found in input');
    if (from >= source.trimEnd().length || rest === '') {
      const message =
        count(source, '{') > count(source, '}')
          ? 'unexpected end of input inside braces'
          : count(source, '[') > count(source, ']')
            ? 'unclosed left bracket'
            : count(source, '(') > count(source, ')')
              ? 'unclosed left parenthesis'
              : 'unexpected end of input';
      return parseError(source, Math.min(from, source.length), message);
    }
    return parseError(
      source,
      from,
      `unexpected ${JSON.stringify(source.slice(from).trimStart().split(/\s/)[0] ?? rest)}`,
    );
  }

  expression(node: SyntaxNode): Expr {
    const items: Item[] = [];
    this.#collect(node, items);
    let position = 0;
    const primary = (): Expr => {
      const item = items[position++];
      if (item === undefined) throw this.#error(node, 'unexpected end of input');
      if (item.kind === 'prefix') {
        const expr = binary(6);
        const span = { from: item.from, to: expr.span.to };
        if (expr.type === 'number')
          return { type: 'number', value: item.operator === '-' ? -expr.value : expr.value, span };
        return { type: 'unary', operator: item.operator, expr, span };
      }
      if (item.kind !== 'operand') throw this.#error(node, 'unexpected operator');
      let expr = this.#operand(item.node, item.unsigned);
      for (let next = items[position]; next?.kind === 'postfix'; next = items[position]) {
        expr = this.#postfix(expr, next.node);
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
    if (refused !== undefined) throw this.#error(node, refused);
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
          operator: this.#text(children[0]!) === '-' ? '-' : '+',
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
        const sign = this.#text(node)[0];
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
    if (unsupported[first.name] !== undefined) throw this.#error(first, unsupported[first.name]!);
    let matching: VectorMatching | undefined;
    let returnBool = false;
    for (const node of nodes.slice(1)) {
      if (node.name === 'BoolModifier') returnBool = true;
      else if (node.name === 'MatchingModifierClause') matching = this.#matching(node);
      else throw this.#error(node, unsupported[node.name] ?? `unexpected ${node.name}`);
    }
    return {
      kind: 'binary',
      operator: this.#text(first).toLowerCase() as BinaryOperator,
      returnBool,
      matching,
    };
  }

  #matching(node: SyntaxNode): VectorMatching {
    const children = childrenOf(node);
    const labels = this.#labels(children[1]!);
    const group = children[2] === undefined ? undefined : children[2].name === 'GroupLeft' ? 'left' : 'right';
    const include = children[3] === undefined ? [] : this.#labels(children[3]);
    const on = children[0]!.name === 'On';
    const both = on ? labels.find((label) => include.includes(label)) : undefined;
    if (both !== undefined)
      throw this.#error(node, `label ${JSON.stringify(both)} must not occur in ON and GROUP clause at once`);
    return { on, labels, group, include };
  }

  #labels(node: SyntaxNode): string[] {
    return childrenOf(node).map((child) =>
      child.name === 'QuotedLabelName' ? this.#string(child) : this.#text(child),
    );
  }

  #operand(node: SyntaxNode, unsigned: boolean): Expr {
    const span: Span = { from: node.from, to: node.to };
    switch (node.name) {
      case 'NumberDurationLiteral': {
        const text = unsigned ? this.#text(node).slice(1).trim() : this.#text(node);
        const value = parseNumber(text);
        if (value === undefined) throw this.#error(node, `error parsing number: ${JSON.stringify(text)}`);
        return { type: 'number', value, span };
      }
      case 'StringLiteral':
        return { type: 'string', value: this.#string(node), span };
      case 'ParenExpr':
        return { type: 'paren', expr: this.expression(childrenOf(node)[0]!), span };
      case 'VectorSelector':
        return this.#selector(node);
      case 'FunctionCall': {
        const [name, body] = childrenOf(node);
        return {
          type: 'call',
          name: this.#text(name!),
          args: childrenOf(body!).map((arg) => this.expression(arg)),
          span,
        };
      }
      case 'AggregateExpr':
        return this.#aggregate(node);
      default:
        throw this.#error(node, unsupported[node.name] ?? `unexpected ${node.name}`);
    }
  }

  #selector(node: SyntaxNode): VectorSelector {
    let name: string | undefined;
    const matchers: LabelMatcher[] = [];
    const setName = (text: string, at: SyntaxNode) => {
      if (name !== undefined || matchers.some((m) => m.label === '__name__' && m.operator === '='))
        throw this.#error(
          at,
          `metric name must not be set twice: ${JSON.stringify(name ?? '')} or ${JSON.stringify(text)}`,
        );
      name = text;
      matchers.push({ label: '__name__', operator: '=', value: text });
    };
    for (const child of childrenOf(node)) {
      if (child.name === 'Identifier') {
        setName(this.#text(child), child);
        continue;
      }
      for (const matcher of childrenOf(child)) {
        if (matcher.name === 'QuotedLabelName') {
          setName(this.#string(matcher), matcher);
          continue;
        }
        const [labelNode, operatorNode, valueNode] = childrenOf(matcher);
        const label =
          labelNode!.name === 'QuotedLabelName' ? this.#string(labelNode!) : this.#text(labelNode!);
        const operator = this.#text(operatorNode!) as MatchOperator;
        const value = this.#string(valueNode!);
        if (operator === '=~' || operator === '!~') {
          try {
            compileAnchored(value, true);
          } catch (error) {
            throw this.#error(valueNode!, error instanceof Error ? error.message : String(error));
          }
        }
        if (label === '__name__' && name !== undefined)
          throw this.#error(
            matcher,
            `metric name must not be set twice: ${JSON.stringify(name)} or ${JSON.stringify(value)}`,
          );
        matchers.push({ label, operator, value });
      }
    }
    const isEmpty = matchers.every((m) =>
      m.operator === '='
        ? m.value === ''
        : m.operator === '!='
          ? m.value !== ''
          : compileAnchored(m.value, true).matches('') === (m.operator === '=~'),
    );
    if (isEmpty) throw this.#error(node, 'vector selector must contain at least one non-empty matcher');
    return {
      type: 'selector',
      name,
      matchers,
      offsetMs: 0,
      at: undefined,
      span: { from: node.from, to: node.to },
    };
  }

  #aggregate(node: SyntaxNode): Expr {
    const children = childrenOf(node);
    const operator = this.#text(children[0]!).toLowerCase();
    if (operator === 'limitk' || operator === 'limit_ratio')
      throw this.#error(node, `${operator}() is experimental and not supported`);
    const body = children.find((child) => child.name === 'FunctionCallBody');
    const modifier = children.find((child) => child.name === 'AggregateModifier');
    const args = body === undefined ? [] : childrenOf(body).map((arg) => this.expression(arg));
    const parametric = ['topk', 'bottomk', 'quantile', 'count_values'].includes(operator);
    if (args.length === 0) throw this.#error(node, 'no arguments for aggregate expression provided');
    const wanted = parametric ? 2 : 1;
    if (args.length !== wanted)
      throw this.#error(
        node,
        `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
      );
    let grouping: { without: boolean; labels: string[] } | undefined;
    if (modifier !== undefined) {
      const [kind, labels] = childrenOf(modifier);
      grouping = { without: kind!.name === 'Without', labels: this.#labels(labels!) };
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

  #postfix(expr: Expr, node: SyntaxNode): Expr {
    const children = childrenOf(node);
    const span = { from: expr.span.from, to: node.to };
    switch (node.name) {
      case 'MatrixSelector': {
        if (expr.type !== 'selector') throw this.#error(node, 'ranges only allowed for vector selectors');
        if (expr.offsetMs !== 0) throw this.#error(node, 'no offset modifiers allowed before range');
        if (expr.at !== undefined) throw this.#error(node, 'no @ modifiers allowed before range');
        return { type: 'matrix', selector: expr, rangeMs: this.#duration(children[1]!, true), span };
      }
      case 'SubqueryExpr': {
        const [, range, step] = children;
        return {
          type: 'subquery',
          expr,
          rangeMs: this.#duration(range!, true),
          stepMs: step === undefined ? undefined : this.#duration(step, true),
          offsetMs: 0,
          at: undefined,
          span,
        };
      }
      case 'OffsetExpr': {
        const offsetMs = this.#duration(children[2]!, false);
        const message = 'offset may not be set multiple times';
        if (expr.type === 'selector' || expr.type === 'subquery') {
          if (expr.offsetMs !== 0) throw this.#error(node, message);
          return { ...expr, offsetMs, span };
        }
        if (expr.type === 'matrix') {
          if (expr.selector.offsetMs !== 0) throw this.#error(node, message);
          return { ...expr, selector: { ...expr.selector, offsetMs }, span };
        }
        throw this.#error(
          node,
          'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
        );
      }
      default: {
        const at = this.#at(children[2]!);
        const message = '@ <timestamp> may not be set multiple times';
        if (expr.type === 'selector' || expr.type === 'subquery') {
          if (expr.at !== undefined) throw this.#error(node, message);
          return { ...expr, at, span };
        }
        if (expr.type === 'matrix') {
          if (expr.selector.at !== undefined) throw this.#error(node, message);
          return { ...expr, selector: { ...expr.selector, at }, span };
        }
        throw this.#error(
          node,
          '@ modifier must be preceded by an instant vector selector or range vector selector or a subquery',
        );
      }
    }
  }

  #at(node: SyntaxNode): AtModifier {
    if (node.name === 'AtModifierPreprocessors')
      return childrenOf(node)[0]!.name === 'AtStart' ? 'start' : 'end';
    const text = this.#text(node);
    const value = parseNumber(text.replace(/^[+-]\s*/, ''));
    if (value === undefined || !Number.isFinite(value))
      throw this.#error(node, `timestamp out of bounds for @ modifier: ${text}`);
    return Math.round((text.startsWith('-') ? -value : value) * 1000);
  }

  #duration(node: SyntaxNode, positive: boolean): number {
    const children = childrenOf(node);
    const first = children[0];
    if (children.length === 2 && first?.name === 'UnaryOp' && !positive) {
      const value = this.#duration(children[1]!, false);
      return this.#text(first) === '-' ? -value : value;
    }
    if (
      children.length !== 1 ||
      first?.name !== 'NumberDurationLiteralInDurationContext' ||
      this.#text(node) !== this.#text(first)
    )
      throw this.#error(node, 'experimental duration expression is not enabled but found');
    const value = parseDurationMs(this.#text(first));
    if (value === undefined)
      throw this.#error(node, `not a valid duration string: ${JSON.stringify(this.#text(first))}`);
    if (positive && value <= 0) throw this.#error(node, 'duration must be greater than 0');
    return value;
  }

  #string(node: SyntaxNode): string {
    const text = this.#text(node);
    const value = unquote(text);
    if (value === undefined)
      throw this.#error(
        node,
        text.length < 2 || text.at(-1) !== text[0]
          ? 'unterminated quoted string'
          : `invalid quoted string ${text}`,
      );
    return value;
  }

  #text(node: SyntaxNode): string {
    return this.#source.slice(node.from, node.to);
  }

  #error(node: SyntaxNode, message: string): Error {
    return parseError(this.#source, node.from, message);
  }
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const out: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== 'LineComment') out.push(child);
  return out;
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}
