import type { Checked, Diagnostic } from '../base/diagnostics.ts';
import { CulpritError } from '../base/errors.ts';

/** A user's file has mistakes and the caller cannot go on; carries all of them. Exit 1. */
export class DiagnosticsError extends CulpritError {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    const first = diagnostics[0];
    const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : '';
    super('invalid-file', first ? `${first.location.file}: ${first.message}${more}` : 'invalid file');
    this.diagnostics = diagnostics;
  }
}

/** The value, or a DiagnosticsError with everything that is wrong. */
export function requireValid<T>(checked: Checked<T>): T {
  if (checked.ok) return checked.value;
  throw new DiagnosticsError(checked.diagnostics);
}
