import type { SyntaxNode } from '@lezer/common';
import type { AtModifier } from './ast.ts';
import { type PromqlError, parseError } from './error.ts';
import { parseDurationMs, parseNumber, unquote } from './literals.ts';

/** The text of an expression, and what its syntax nodes say; every reader throws PromqlError with the place. */
export class Source {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** What a node covers, as it is written. */
  text(node: SyntaxNode): string {
    return this.#text.slice(node.from, node.to);
  }

  /** A mistake at a node. */
  error(node: SyntaxNode, message: string): PromqlError {
    return parseError(this.#text, node.from, message);
  }

  /** Value of a quoted string. */
  string(node: SyntaxNode): string {
    const text = this.text(node);
    const value = unquote(text);
    if (value === undefined)
      throw this.error(
        node,
        text.length < 2 || text.at(-1) !== text[0]
          ? 'unterminated quoted string'
          : `invalid quoted string ${text}`,
      );
    return value;
  }

  /** Names in a list of labels. */
  labels(node: SyntaxNode): string[] {
    return childrenOf(node).map((child) =>
      child.name === 'QuotedLabelName' ? this.string(child) : this.text(child),
    );
  }

  /** Time of an `@` modifier. */
  at(node: SyntaxNode): AtModifier {
    if (node.name === 'AtModifierPreprocessors')
      return childrenOf(node)[0]!.name === 'AtStart' ? 'start' : 'end';
    const text = this.text(node);
    const value = parseNumber(text.replace(/^[+-]\s*/, ''));
    if (value === undefined || !Number.isFinite(value))
      throw this.error(node, `timestamp out of bounds for @ modifier: ${text}`);
    return Math.round((text.startsWith('-') ? -value : value) * 1000);
  }

  /** Milliseconds of a duration; negative ones only where `positive` is not asked for. */
  duration(node: SyntaxNode, positive: boolean): number {
    const children = childrenOf(node);
    const first = children[0];
    if (children.length === 2 && first?.name === 'UnaryOp' && !positive) {
      const value = this.duration(children[1]!, false);
      return this.text(first) === '-' ? -value : value;
    }
    if (
      children.length !== 1 ||
      first?.name !== 'NumberDurationLiteralInDurationContext' ||
      this.text(node) !== this.text(first)
    )
      throw this.error(node, 'experimental duration expression is not enabled but found');
    const value = parseDurationMs(this.text(first));
    if (value === undefined)
      throw this.error(node, `not a valid duration string: ${JSON.stringify(this.text(first))}`);
    if (positive && value <= 0) throw this.error(node, 'duration must be greater than 0');
    return value;
  }
}

/** The nodes inside a node, without comments. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const out: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== 'LineComment') out.push(child);
  return out;
}
