/** Where something stands in a user's file; line and column count from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One mistake (or doubt) in a user's file. Collected and shown together, never thrown one by one. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** Stable code such as `SCN012`; listed in docs/diagnostics.md. */
  readonly code: string;
  readonly location: Location;
  readonly message: string;
  readonly hint?: string | undefined;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** `file:line:column code message — hint` */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column } = diagnostic.location;
  const hint = diagnostic.hint ? ` — ${diagnostic.hint}` : '';
  return `${file}:${line}:${column} ${diagnostic.code} ${diagnostic.message}${hint}`;
}

/** Lines are shown up to this length; of a longer one, the part around the place. */
const frameWidth = 150;

/** The lines around a place with a caret below it. */
export function codeFrame(source: string, line: number, column: number, context = 1): string {
  const lines = source.split('\n');
  const first = Math.max(1, line - context);
  const last = Math.min(lines.length, line + context);
  const width = String(last).length;
  const isLong = (lines[line - 1] ?? '').length > frameWidth;
  const skipped = isLong ? Math.max(0, column - 1 - frameWidth / 2) : 0;
  const out: string[] = [];
  for (let n = first; n <= last; n++) {
    const text = (lines[n - 1] ?? '').replaceAll('\t', ' ').slice(skipped, skipped + frameWidth);
    out.push(`${n === line ? '>' : ' '} ${String(n).padStart(width)} | ${text}`);
    if (n === line) out.push(`  ${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1 - skipped))}^`);
  }
  return out.join('\n');
}
