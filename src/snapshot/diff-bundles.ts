import fastJsonPatch from 'fast-json-patch';
import { canonicalJson } from '../base/json.ts';
import { byCodeUnit } from '../base/order.ts';
import { readLines } from './lines.ts';
import { parseMetricHeader } from './public-reader.ts';
import { type BundleFile, SafeDirectory } from './safe-directory.ts';

/** How one file differs between two bundles. Rows are what the file is about: objects, Events, spans, series, lines. */
export interface FileDifference {
  readonly path: string;
  readonly status: 'added' | 'removed' | 'changed';
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** The first differences in words, at most `maximumDetails`. */
  readonly details: readonly string[];
}

export interface BundleDifference {
  readonly same: boolean;
  /** Files compared, the equal ones too. */
  readonly files: number;
  /** Sorted by path. */
  readonly differences: readonly FileDifference[];
}

export const maximumDetails = 20;

/**
 * Compares two bundles by meaning, public and private: rows by what identifies them, objects by their fields. Answers
 * nothing for files with equal content. UserError where a folder cannot be read.
 */
export async function diffBundles(first: string, second: string): Promise<BundleDifference> {
  const [a, b] = await Promise.all([SafeDirectory.open(first), SafeDirectory.open(second)]);
  const [inA, inB] = await Promise.all([filesOf(a), filesOf(b)]);
  const paths = [...new Set([...inA.keys(), ...inB.keys()])].sort(byCodeUnit);
  const differences: FileDifference[] = [];
  for (const path of paths) {
    const difference = !inB.has(path)
      ? await onlyIn(a, path, 'removed')
      : !inA.has(path)
        ? await onlyIn(b, path, 'added')
        : await compareFile(a, b, path);
    if (difference !== undefined) differences.push(difference);
  }
  return { same: differences.length === 0, files: paths.length, differences };
}

async function filesOf(directory: SafeDirectory): Promise<ReadonlyMap<string, BundleFile>> {
  return new Map((await directory.files()).map((file) => [file.path, file]));
}

async function onlyIn(
  directory: SafeDirectory,
  path: string,
  status: 'added' | 'removed',
): Promise<FileDifference> {
  const rows = (await rowsOf(directory, path)).size;
  return {
    path,
    status,
    added: status === 'added' ? rows : 0,
    removed: status === 'removed' ? rows : 0,
    changed: 0,
    details: [],
  };
}

async function compareFile(
  a: SafeDirectory,
  b: SafeDirectory,
  path: string,
): Promise<FileDifference | undefined> {
  const [before, after] = [await rowsOf(a, path), await rowsOf(b, path)];
  const details: string[] = [];
  const count = { added: 0, removed: 0, changed: 0 };
  const tell = (detail: string) => {
    if (details.length < maximumDetails) details.push(detail);
  };
  for (const [id, row] of before) {
    const other = after.get(id);
    if (other === undefined) {
      count.removed++;
      tell(`- ${id}`);
    } else if (other !== row) {
      count.changed++;
      for (const change of fieldChanges(row, other)) tell(`~ ${id === '' ? '' : `${id} `}${change}`);
    }
  }
  for (const id of after.keys())
    if (!before.has(id)) {
      count.added++;
      tell(`+ ${id}`);
    }
  if (count.added + count.removed + count.changed === 0) return undefined;
  return { path, status: 'changed', ...count, details };
}

/** Rows by what identifies them; the value is what is compared. Equal ids are numbered. */
async function rowsOf(directory: SafeDirectory, path: string): Promise<ReadonlyMap<string, string>> {
  const rows = new Map<string, string>();
  const add = (id: string, row: string) => {
    let unique = id;
    for (let n = 2; rows.has(unique); n++) unique = `${id} (${n})`;
    rows.set(unique, row);
  };
  if (path.endsWith('.json')) return new Map([['', await directory.text(path)]]);
  let labels: number | undefined;
  for await (const { number, text } of readLines(directory, path)) {
    if (path.endsWith('.jsonl')) add(identityOf(path, text), text);
    else if (path.endsWith('.tsv')) {
      const cells = text.split('\t');
      labels ??= parseMetricHeader(cells).labels.length;
      add(
        number === 1 ? 'header' : cells.slice(0, labels).join(' ') || 'series',
        cells.slice(labels).join('\t'),
      );
    } else if (path.endsWith('.log')) add(text, '');
    else add(`line ${number}`, text);
  }
  return rows;
}

type Fields = Readonly<Record<string, unknown>>;

function identityOf(path: string, text: string): string {
  let line: Fields;
  try {
    line = JSON.parse(text) as Fields;
  } catch {
    return text.slice(0, 200);
  }
  const metadata = (line['metadata'] ?? {}) as Fields;
  if (path.endsWith('objects.jsonl') || path.endsWith('events.jsonl'))
    return `${String(metadata['namespace'] ?? 'cluster')}/${String(line['kind'])}/${String(metadata['name'])}`;
  if (path.endsWith('traces.jsonl')) return `span ${String(line['traceId'])}/${String(line['spanId'])}`;
  if (path.endsWith('alerts.jsonl'))
    return `${String(line['time'])} ${String(line['state'])} ${String(line['name'])} ${canonicalJson(line['labels'])}`;
  if (path.endsWith('changes.jsonl'))
    return `${String(line['time'])} ${String(line['verb'])} ${String(line['entity'])}`;
  return text.slice(0, 200);
}

function fieldChanges(before: string, after: string): string[] {
  try {
    const [a, b] = [JSON.parse(before) as object, JSON.parse(after) as object];
    return fastJsonPatch.compare(a, b).map((operation) => {
      const value = 'value' in operation ? ` ${short(canonicalJson(operation.value))}` : '';
      return `${operation.path}: ${operation.op}${value}`;
    });
  } catch {
    return [`${short(before)} → ${short(after)}`];
  }
}

function short(text: string): string {
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}
