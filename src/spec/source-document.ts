import { readFile, stat } from 'node:fs/promises';
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLError,
} from 'yaml';
import type { Checked, Diagnostic, Location } from '../base/diagnostics.ts';
import { UserError } from '../base/errors.ts';

/** Files of ours are written by hand; one beyond this is a mistake or an attack. */
const maxBytes = 1024 * 1024;
/** Aliases are allowed; what they may expand to is bounded. */
const maxAliasCount = 100;
const maxSyntaxErrors = 10;

/** A YAML file that was parsed: its plain value and where everything in it stands. */
export interface SourceDocument {
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
  /** Place of the value at a JSON pointer, or of its nearest ancestor that is there. */
  locate(pointer: string): Location;
  /** Place of the field's name instead of its value; the same as `locate` for list items. */
  locateKey(pointer: string): Location;
}

/** Reads and parses a file of one YAML document. A file that is not there is a UserError, mistakes are diagnostics. */
export async function readSourceDocument(file: string): Promise<Checked<SourceDocument>> {
  let text: string;
  try {
    const { size } = await stat(file);
    if (size > maxBytes)
      return failed(file, 'FIL004', `the file has ${size} bytes, the limit is ${maxBytes}`);
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof TypeError) return failed(file, 'FIL006', 'the file is not UTF-8 text');
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === 'ENOENT'
        ? 'no such file'
        : code === 'EISDIR'
          ? 'this is a folder, a file is needed'
          : (error as Error).message;
    throw new UserError('cannot-read', `${file}: ${reason}`, { cause: error });
  }
  return parseSourceDocument(file, text);
}

/** Parses text; `file` is only for locations. */
export function parseSourceDocument(file: string, text: string): Checked<SourceDocument> {
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: counter,
    uniqueKeys: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  const first = documents[0];
  if (first === undefined) return failed(file, 'FIL003', 'the file is empty');
  const at = (offset: number): Location => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const syntax = documents.flatMap((document) => document.errors.map((error) => syntaxDiagnostic(error, at)));
  const second = documents[1];
  if (syntax.length === 0 && second !== undefined)
    syntax.push({
      severity: 'error',
      code: 'FIL003',
      location: at(second.range[0]),
      message: 'a second YAML document',
      hint: 'one document a file',
    });
  if (syntax.length > 0) return { ok: false, diagnostics: syntax.slice(0, maxSyntaxErrors) };
  if (first.contents === null) return failed(file, 'FIL003', 'the file is empty');

  let value: unknown;
  try {
    value = first.toJS({ maxAliasCount });
  } catch (error) {
    const location = at(
      firstAlias(
        first,
        (error as Error).name === 'ReferenceError' && /Unresolved/.test((error as Error).message),
      ),
    );
    return {
      ok: false,
      diagnostics: [
        {
          severity: 'error',
          code: 'FIL005',
          location,
          message: `aliases cannot be expanded: ${(error as Error).message}`,
        },
      ],
    };
  }
  const root: Node = first.contents;
  const document: SourceDocument = {
    file,
    text,
    value,
    locate: (pointer) => at(offsetOf(root, pointerSegments(pointer), 'value')),
    locateKey: (pointer) => at(offsetOf(root, pointerSegments(pointer), 'key')),
  };
  return { ok: true, value: document, diagnostics: [] };
}

/** Offset of the first alias, or of the first that refers to nothing. */
function firstAlias(document: Document, unresolvedOnly: boolean): number {
  let offset = 0;
  visit(document, {
    Alias(_, alias) {
      if (unresolvedOnly && alias.resolve(document) !== undefined) return undefined;
      offset = rangeStart(alias) ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

/** The segments of a JSON pointer, unescaped; `''` is the root and has none. */
export function pointerSegments(pointer: string): string[] {
  return pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A JSON pointer from segments. */
export function jsonPointer(...segments: readonly (string | number)[]): string {
  return segments
    .map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** Walks as deep as the tree goes; aliases end the walk, and the place is where the alias stands. */
function offsetOf(root: Node, segments: readonly string[], what: 'key' | 'value'): number {
  let node: unknown = root;
  let offset = root.range?.[0] ?? 0;
  for (const segment of segments) {
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === segment,
      );
      if (pair === undefined) return offset;
      const key = rangeStart(pair.key) ?? offset;
      node = pair.value;
      // an empty value has no useful place of its own
      const isEmpty = isScalar(node) && node.value === null && node.source === '';
      offset = what === 'key' || isEmpty ? key : (rangeStart(node) ?? key);
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(segment)];
      if (item === undefined) return offset;
      node = item;
      offset = rangeStart(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function rangeStart(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}

function syntaxDiagnostic(error: YAMLError, at: (offset: number) => Location): Diagnostic {
  const location = at(error.pos[0]);
  if (error.code === 'DUPLICATE_KEY')
    return {
      severity: 'error',
      code: 'FIL002',
      location,
      message: 'this field is given twice',
      hint: 'keep one of them',
    };
  if (/call stack/i.test(error.message))
    return { severity: 'error', code: 'FIL001', location, message: 'not valid YAML: nested too deeply' };
  const message = error.message.charAt(0).toLowerCase() + error.message.slice(1);
  const tab = error.code === 'TAB_AS_INDENT' ? 'indent with spaces' : undefined;
  return { severity: 'error', code: 'FIL001', location, message: `not valid YAML: ${message}`, hint: tab };
}

function failed(file: string, code: string, message: string): { ok: false; diagnostics: Diagnostic[] } {
  return {
    ok: false,
    diagnostics: [{ severity: 'error', code, location: { file, line: 1, column: 1 }, message }],
  };
}
