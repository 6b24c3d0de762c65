import { readFile } from 'node:fs/promises';
import { isMap, isNode, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import type { Diagnostic, Location } from '../base/diagnostics.ts';
import { schemaProblems } from './schema-problems.ts';
import { pointerSegments } from './source-document.ts';

export type YamlPath = readonly (string | number)[];

/** One YAML document of a file: its plain value, and where each part of it stands. */
export interface YamlSource<T = unknown> {
  readonly file: string;
  readonly value: T;
  /** Place of the node at `path`, or of its nearest ancestor that exists. */
  locate(path: YamlPath): Location;
  /** Place of the field's name instead of its value. */
  locateKey(path: YamlPath): Location;
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
    const locate = (path: YamlPath): Location => {
      for (let length = path.length; length >= 0; length--) {
        const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return at(node.range[0]);
      }
      return { file, line: 1, column: 1 };
    };
    const locateKey = (path: YamlPath): Location => {
      const parent: unknown = path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true);
      const last = String(path.at(-1));
      const pair = isMap(parent)
        ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === last)
        : undefined;
      return isNode(pair?.key) && pair.key.range ? at(pair.key.range[0]) : locate(path);
    };
    sources.push({ file, value, locate, locateKey });
  }
  return sources;
}

/** Checks a document against a schema; one diagnostic per mistake, at its place. */
export function checkSchema(
  source: YamlSource,
  schema: object,
  report: (diagnostic: Diagnostic) => void,
): boolean {
  const problems = schemaProblems(schema, source.value);
  for (const { code, pointer, at, message, hint } of problems) {
    const path = pointerSegments(pointer);
    const location = at === 'key' ? source.locateKey(path) : source.locate(path);
    report({ severity: 'error', code, location, message, hint });
  }
  return problems.length === 0;
}
