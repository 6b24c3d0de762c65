import type { Checked, Diagnostic } from '../base/diagnostics.ts';
import { nearest } from '../base/nearest.ts';
import { schemaProblems } from './schema-problems.ts';
import { readSourceDocument, type SourceDocument } from './source-document.ts';

/** A file of ours that is valid against its schema, with the places of everything in it for later checks. */
export interface LoadedFile<T> {
  readonly value: T;
  readonly source: SourceDocument;
}

/** What a kind of file is called and looks like. */
export interface FileFormat {
  /** The `kind` field. */
  readonly kind: string;
  readonly schema: object;
}

const apiVersion = 'culprit.dev/v1';

/**
 * Loads one YAML file of ours: syntax, `apiVersion` and `kind`, schema; every mistake at once, in the order of the file.
 * A file that cannot be read is a UserError.
 */
export async function loadFile<T>(path: string, format: FileFormat): Promise<Checked<LoadedFile<T>>> {
  const read = await readSourceDocument(path);
  return read.ok ? checkFile<T>(read.value, format) : read;
}

/** The same for a document that was parsed already. */
export function checkFile<T>(source: SourceDocument, format: FileFormat): Checked<LoadedFile<T>> {
  const envelope = envelopeProblem(source, format.kind);
  if (envelope) return { ok: false, diagnostics: [envelope] };
  const diagnostics = schemaProblems(format.schema, source.value).map((problem): Diagnostic => {
    const location =
      problem.at === 'key' ? source.locateKey(problem.pointer) : source.locate(problem.pointer);
    return { severity: 'error', code: problem.code, location, message: problem.message, hint: problem.hint };
  });
  if (diagnostics.length > 0) return { ok: false, diagnostics: inFileOrder(diagnostics) };
  // the schema has just been checked
  return { ok: true, value: { value: source.value as T, source }, diagnostics: [] };
}

/** By place in the file; mistakes at one place stay in the order they were found. */
export function inFileOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.toSorted(
    (a, b) => a.location.line - b.location.line || a.location.column - b.location.column,
  );
}

/** A file of another kind would give an error for each field: say only what it is. */
function envelopeProblem(source: SourceDocument, kind: string): Diagnostic | undefined {
  const value = source.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return {
      severity: 'error',
      code: 'FIL007',
      location: source.locate(''),
      message: `expected a ${kind}: an object with fields`,
    };
  const fields = value as Record<string, unknown>;
  if (typeof fields.kind === 'string' && fields.kind !== kind) {
    const hint = nearest(fields.kind, [kind]) ? `did you mean "${kind}"?` : undefined;
    return {
      severity: 'error',
      code: 'FIL007',
      location: source.locate('/kind'),
      message: `this is a ${fields.kind}, a ${kind} is needed`,
      hint,
    };
  }
  if (typeof fields.apiVersion === 'string' && fields.apiVersion !== apiVersion)
    return {
      severity: 'error',
      code: 'FIL007',
      location: source.locate('/apiVersion'),
      message: `unknown version "${fields.apiVersion}"`,
      hint: `this program reads ${apiVersion}`,
    };
  return undefined;
}
