import { readFile } from 'node:fs/promises';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { isNode, LineCounter, parseAllDocuments } from 'yaml';
import type { Diagnostic, Location } from '../base/diagnostics.ts';
import { nearest } from '../base/nearest.ts';

export type YamlPath = readonly (string | number)[];

/** One YAML document of a file: its plain value, and where each part of it stands. */
export interface YamlSource<T = unknown> {
  readonly file: string;
  readonly value: T;
  /** Place of the node at `path`, or of its nearest ancestor that exists. */
  locate(path: YamlPath): Location;
}

/** Reads a YAML file of any number of documents; mistakes of syntax go to `report`, empty documents are skipped. */
export async function readYamlDocuments(
  file: string,
  report: (diagnostic: Diagnostic) => void,
): Promise<YamlSource[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    report({
      severity: 'error',
      code: 'APP001',
      location: { file, line: 1, column: 1 },
      message: missing ? 'the file does not exist' : `cannot be read: ${(cause as Error).message}`,
    });
    return [];
  }
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: counter, uniqueKeys: true, prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  const at = (offset: number): Location => {
    const { line, col } = counter.linePos(offset);
    return { file, line, column: col };
  };
  const sources: YamlSource[] = [];
  for (const document of documents) {
    for (const problem of document.errors) {
      report({ severity: 'error', code: 'APP002', location: at(problem.pos[0]), message: problem.message });
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    const value: unknown = document.toJS({ maxAliasCount: 50 });
    if (value === null) continue;
    sources.push({
      file,
      value,
      locate(path) {
        for (let length = path.length; length >= 0; length--) {
          const node: unknown =
            length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
          if (isNode(node) && node.range) return at(node.range[0]);
        }
        return { file, line: 1, column: 1 };
      },
    });
  }
  return sources;
}

/** Checks a document against a compiled schema; one diagnostic per mistake, at its place. */
export function checkSchema(
  source: YamlSource,
  validate: ValidateFunction,
  report: (diagnostic: Diagnostic) => void,
): boolean {
  if (validate(source.value)) return true;
  const errors = validate.errors ?? [];
  // A union reports every branch: where it failed, say so once, unless a deeper place says it better.
  const unions = errors.filter((error) => error.keyword === 'anyOf').map((error) => error.instancePath);
  const isSwallowed = (error: ErrorObject): boolean =>
    error.keyword === 'anyOf'
      ? unions.some((other) => other !== error.instancePath && other.startsWith(`${error.instancePath}/`))
      : unions.some((path) => error.instancePath === path || error.instancePath.startsWith(`${path}/`));
  const seen = new Set<string>();
  for (const error of errors) {
    if (isSwallowed(error)) continue;
    const path = pointerPath(error.instancePath, source.value);
    const { message, key, hint } = describe(error, source.value, path);
    const location = source.locate(key === undefined ? path : [...path, key]);
    const text = `${error.instancePath === '' ? '' : `${path.join('.')}: `}${message}`;
    const identity = `${location.line}:${location.column}:${text}`;
    if (seen.has(identity)) continue;
    seen.add(identity);
    report({ severity: 'error', code: 'APP003', location, message: text, hint });
  }
  return false;
}

function describe(
  error: ErrorObject,
  root: unknown,
  path: YamlPath,
): { message: string; key?: string; hint?: string | undefined } {
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'additionalProperties') {
    const key = String(params['additionalProperty']);
    const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
    const near = nearest(key, known);
    return {
      message: `unknown field "${key}"`,
      key,
      hint: near ? `did you mean "${near}"?` : `known: ${known.join(', ')}`,
    };
  }
  if (error.keyword === 'anyOf') {
    const value = path.reduce<unknown>(
      (node, key) => (node as Record<string | number, unknown> | undefined)?.[key],
      root,
    );
    const keys =
      typeof value === 'object' && value !== null
        ? ` with the fields ${Object.keys(value).join(', ')}`
        : ` ${JSON.stringify(value)}`;
    return { message: `none of the allowed forms fits a value${keys}` };
  }
  return { message: error.message ?? error.keyword };
}

function pointerPath(pointer: string, root: unknown): (string | number)[] {
  const path: (string | number)[] = [];
  let node = root;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const step = Array.isArray(node) ? Number(key) : key;
    path.push(step);
    node = (node as Record<string | number, unknown> | undefined)?.[step];
  }
  return path;
}
