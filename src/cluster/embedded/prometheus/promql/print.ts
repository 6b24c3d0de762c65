import { formatPlain } from '../format.ts';
import type { AtModifier, Expr, VectorMatching, VectorSelector } from './ast.ts';

/** The expression as text in one canonical spelling; parsing it gives the same tree. */
export function printExpr(expr: Expr): string {
  switch (expr.type) {
    case 'number':
      // a sign would bind looser than `^`
      return formatPlain(expr.value).replace('+Inf', 'Inf');
    case 'string':
      return quote(expr.value);
    case 'selector':
      return printSelector(expr, '');
    case 'matrix':
      return printSelector(expr.selector, `[${printDuration(expr.rangeMs)}]`);
    case 'subquery':
      return `${printExpr(expr.expr)}[${printDuration(expr.rangeMs)}:${expr.stepMs === undefined ? '' : printDuration(expr.stepMs)}]${printModifiers(expr)}`;
    case 'call':
      return `${expr.name}(${expr.args.map(printExpr).join(', ')})`;
    case 'aggregate': {
      const { grouping } = expr;
      const modifier =
        grouping === undefined
          ? ''
          : ` ${grouping.without ? 'without' : 'by'} (${grouping.labels.map(printLabel).join(', ')}) `;
      const args =
        expr.parameter === undefined
          ? printExpr(expr.expr)
          : `${printExpr(expr.parameter)}, ${printExpr(expr.expr)}`;
      return `${expr.operator}${modifier}(${args})`;
    }
    case 'binary': {
      const bool = expr.returnBool ? ' bool' : '';
      const matching = expr.matching === undefined ? '' : printMatching(expr.matching);
      return `${printExpr(expr.left)} ${expr.operator}${bool}${matching} ${printExpr(expr.right)}`;
    }
    case 'unary':
      return `${expr.operator}${printExpr(expr.expr)}`;
    case 'paren':
      return `(${printExpr(expr.expr)})`;
  }
}

/** A duration as Prometheus writes it: `5m`, `1h30m`, `250ms`. */
export function printDuration(ms: number): string {
  let rest = ms;
  let out = '';
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const) {
    const amount = Math.floor(rest / size);
    if (amount > 0) out += `${amount}${unit}`;
    rest -= amount * size;
  }
  return out === '' ? '0s' : out;
}

function printSelector(selector: VectorSelector, range: string): string {
  const isClassic = selector.name !== undefined && /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(selector.name);
  const matchers = selector.matchers
    .filter((m) => !(isClassic && m.label === '__name__' && m.operator === '=' && m.value === selector.name))
    .map((m) => `${printLabel(m.label)}${m.operator}${quote(m.value)}`);
  const braces = matchers.length === 0 ? '' : `{${matchers.join(',')}}`;
  return `${isClassic ? selector.name : ''}${braces}${range}${printModifiers(selector)}`;
}

function printModifiers({
  at,
  offsetMs,
}: {
  readonly at: AtModifier | undefined;
  readonly offsetMs: number;
}): string {
  let out = '';
  if (at !== undefined) out += ` @ ${typeof at === 'number' ? (at / 1000).toFixed(3) : `${at}()`}`;
  if (offsetMs > 0) out += ` offset ${printDuration(offsetMs)}`;
  if (offsetMs < 0) out += ` offset -${printDuration(-offsetMs)}`;
  return out;
}

function printMatching(matching: VectorMatching): string {
  const labels = ` ${matching.on ? 'on' : 'ignoring'} (${matching.labels.map(printLabel).join(', ')})`;
  if (matching.group === undefined) return matching.on || matching.labels.length > 0 ? labels : '';
  return `${labels} group_${matching.group} (${matching.include.map(printLabel).join(', ')})`;
}

function printLabel(label: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) ? label : quote(label);
}

function quote(text: string): string {
  // JSON's escapes are Go's, except for surrogates, which JSON.stringify writes as \ud83d only when they are alone
  return JSON.stringify(text);
}
