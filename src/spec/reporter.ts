import type { Diagnostic } from '../base/diagnostics.ts';
import type { SourceDocument } from './source-document.ts';

/** Reports one mistake at a JSON pointer of the file; `at: 'key'` is the place of the field's name. */
export type Report = (
  code: string,
  pointer: string,
  message: string,
  hint?: string,
  options?: ReportOptions,
) => void;

export interface ReportOptions {
  readonly severity?: 'warning';
  readonly at?: 'key';
}

/** A Report that appends to `diagnostics`. */
export function reporter(source: SourceDocument, diagnostics: Diagnostic[]): Report {
  return (code, pointer, message, hint, options = {}) => {
    const location = options.at === 'key' ? source.locateKey(pointer) : source.locate(pointer);
    diagnostics.push({ severity: options.severity ?? 'error', code, location, message, hint });
  };
}
