import type { SyntaxNode } from '@lezer/common';
import type { LabelMatcher, MatchOperator } from '../matcher.ts';
import { compileAnchored } from '../matcher.ts';
import type { Expr, VectorSelector } from './ast.ts';
import { childrenOf, type Source } from './source.ts';

/** A vector selector without modifiers. */
export function parseSelector(source: Source, node: SyntaxNode): VectorSelector {
  let name: string | undefined;
  const matchers: LabelMatcher[] = [];
  const setName = (text: string, at: SyntaxNode) => {
    if (name !== undefined || matchers.some((m) => m.label === '__name__' && m.operator === '='))
      throw source.error(
        at,
        `metric name must not be set twice: ${JSON.stringify(name ?? '')} or ${JSON.stringify(text)}`,
      );
    name = text;
    matchers.push({ label: '__name__', operator: '=', value: text });
  };
  for (const child of childrenOf(node)) {
    if (child.name === 'Identifier') {
      setName(source.text(child), child);
      continue;
    }
    for (const matcher of childrenOf(child)) {
      if (matcher.name === 'QuotedLabelName') {
        setName(source.string(matcher), matcher);
        continue;
      }
      const [labelNode, operatorNode, valueNode] = childrenOf(matcher);
      const label =
        labelNode!.name === 'QuotedLabelName' ? source.string(labelNode!) : source.text(labelNode!);
      const operator = source.text(operatorNode!) as MatchOperator;
      const value = source.string(valueNode!);
      if (operator === '=~' || operator === '!~') {
        try {
          compileAnchored(value, true);
        } catch (error) {
          throw source.error(valueNode!, error instanceof Error ? error.message : String(error));
        }
      }
      if (label === '__name__' && name !== undefined)
        throw source.error(
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
  if (isEmpty) throw source.error(node, 'vector selector must contain at least one non-empty matcher');
  return {
    type: 'selector',
    name,
    matchers,
    offsetMs: 0,
    at: undefined,
    span: { from: node.from, to: node.to },
  };
}

/** Applies what stands behind an operand: a range, a subquery, `offset`, `@`. */
export function applyPostfix(source: Source, expr: Expr, node: SyntaxNode): Expr {
  const children = childrenOf(node);
  const span = { from: expr.span.from, to: node.to };
  switch (node.name) {
    case 'MatrixSelector': {
      if (expr.type !== 'selector') throw source.error(node, 'ranges only allowed for vector selectors');
      if (expr.offsetMs !== 0) throw source.error(node, 'no offset modifiers allowed before range');
      if (expr.at !== undefined) throw source.error(node, 'no @ modifiers allowed before range');
      return { type: 'matrix', selector: expr, rangeMs: source.duration(children[1]!, true), span };
    }
    case 'SubqueryExpr': {
      const [, range, step] = children;
      return {
        type: 'subquery',
        expr,
        rangeMs: source.duration(range!, true),
        stepMs: step === undefined ? undefined : source.duration(step, true),
        offsetMs: 0,
        at: undefined,
        span,
      };
    }
    case 'OffsetExpr': {
      const offsetMs = source.duration(children[2]!, false);
      const message = 'offset may not be set multiple times';
      if (expr.type === 'selector' || expr.type === 'subquery') {
        if (expr.offsetMs !== 0) throw source.error(node, message);
        return { ...expr, offsetMs, span };
      }
      if (expr.type === 'matrix') {
        if (expr.selector.offsetMs !== 0) throw source.error(node, message);
        return { ...expr, selector: { ...expr.selector, offsetMs }, span };
      }
      throw source.error(
        node,
        'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
      );
    }
    default: {
      const at = source.at(children[2]!);
      const message = '@ <timestamp> may not be set multiple times';
      if (expr.type === 'selector' || expr.type === 'subquery') {
        if (expr.at !== undefined) throw source.error(node, message);
        return { ...expr, at, span };
      }
      if (expr.type === 'matrix') {
        if (expr.selector.at !== undefined) throw source.error(node, message);
        return { ...expr, selector: { ...expr.selector, at }, span };
      }
      throw source.error(
        node,
        '@ modifier must be preceded by an instant vector selector or range vector selector or a subquery',
      );
    }
  }
}
