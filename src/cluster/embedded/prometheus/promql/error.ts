import { CulpritError } from '../../../../base/errors.ts';

/** An expression that cannot be parsed (`kind` parse, with its place) or evaluated (`kind` execution). */
export class PromqlError extends CulpritError {
  readonly kind: 'parse' | 'execution';
  /** Offset into the expression in UTF-16 units; undefined for execution errors. */
  readonly offset: number | undefined;

  constructor(kind: 'parse' | 'execution', message: string, offset?: number) {
    super(`promql-${kind}`, message);
    this.kind = kind;
    this.offset = offset;
  }
}

/** A mistake at an offset; the message begins with `line:column: parse error:` as Prometheus' does. */
export function parseError(source: string, offset: number, message: string): PromqlError {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  const column = offset - (before.lastIndexOf('\n') + 1) + 1;
  return new PromqlError('parse', `${line}:${column}: parse error: ${message}`, offset);
}

/** A mistake found while evaluating. */
export function executionError(message: string): PromqlError {
  return new PromqlError('execution', message);
}
