import type { LabelMatcher } from '../matcher.ts';

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

/** Offsets into the source, UTF-16 units. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface NumberLiteral {
  readonly type: 'number';
  readonly value: number;
  readonly span: Span;
}
export interface StringLiteral {
  readonly type: 'string';
  readonly value: string;
  readonly span: Span;
}
/** `@ 123`, `@ start()`, `@ end()`; a number is epoch milliseconds. */
export type AtModifier = number | 'start' | 'end';

export interface VectorSelector {
  readonly type: 'selector';
  /** The name written before the braces, if any; it is among the matchers too. */
  readonly name: string | undefined;
  readonly matchers: readonly LabelMatcher[];
  readonly offsetMs: number;
  readonly at: AtModifier | undefined;
  readonly span: Span;
}
export interface MatrixSelector {
  readonly type: 'matrix';
  readonly selector: VectorSelector;
  readonly rangeMs: number;
  readonly span: Span;
}
export interface Subquery {
  readonly type: 'subquery';
  readonly expr: Expr;
  readonly rangeMs: number;
  /** undefined: the evaluation interval. */
  readonly stepMs: number | undefined;
  readonly offsetMs: number;
  readonly at: AtModifier | undefined;
  readonly span: Span;
}
export interface Call {
  readonly type: 'call';
  readonly name: string;
  readonly args: readonly Expr[];
  readonly span: Span;
}
export type AggregateOperator =
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'quantile'
  | 'count_values';

export interface Aggregate {
  readonly type: 'aggregate';
  readonly operator: AggregateOperator;
  readonly expr: Expr;
  readonly parameter: Expr | undefined;
  readonly grouping: { readonly without: boolean; readonly labels: readonly string[] } | undefined;
  readonly span: Span;
}
export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | 'atan2'
  | '=='
  | '!='
  | '>'
  | '<'
  | '>='
  | '<='
  | 'and'
  | 'or'
  | 'unless';

export interface VectorMatching {
  /** `on(labels)`; otherwise `ignoring(labels)`. */
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly group: 'left' | 'right' | undefined;
  readonly include: readonly string[];
}
export interface Binary {
  readonly type: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  readonly returnBool: boolean;
  readonly matching: VectorMatching | undefined;
  readonly span: Span;
}
export interface Unary {
  readonly type: 'unary';
  readonly operator: '+' | '-';
  readonly expr: Expr;
  readonly span: Span;
}
export interface Paren {
  readonly type: 'paren';
  readonly expr: Expr;
  readonly span: Span;
}

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregate
  | Binary
  | Unary
  | Paren;

/** Without the parentheses around it. */
export function unwrapParens(expr: Expr): Expr {
  return expr.type === 'paren' ? unwrapParens(expr.expr) : expr;
}

export const comparisonOperators: ReadonlySet<BinaryOperator> = new Set(['==', '!=', '>', '<', '>=', '<=']);
export const setOperators: ReadonlySet<BinaryOperator> = new Set(['and', 'or', 'unless']);
