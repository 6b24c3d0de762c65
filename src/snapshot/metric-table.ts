import { rfc3339 } from '../base/clock.ts';
import { byCodeUnit } from '../base/order.ts';
import type { Series } from '../spec/telemetry.ts';

/** One metric as it stands in a bundle: a row per series, a column per label, then a column per time. */
export interface MetricTable {
  /** Label names: the first columns. */
  readonly labels: readonly string[];
  /** Epoch milliseconds: the columns after them. */
  readonly timesMs: readonly number[];
  readonly rows: readonly MetricRow[];
}

export interface MetricRow {
  readonly labels: Readonly<Record<string, string>>;
  /** One per time; `undefined` where the series had no sample. */
  readonly values: readonly (number | undefined)[];
}

/** Series as a table; columns and rows sorted. `__name__` is left out: it is the file's name. */
export function toTable(series: readonly Series[], timesMs: readonly number[]): MetricTable {
  const labels = new Set<string>();
  for (const { metric } of series)
    for (const name of Object.keys(metric)) if (name !== '__name__') labels.add(name);
  const names = [...labels].sort(byCodeUnit);
  const column = new Map(timesMs.map((timeMs, index) => [Math.round(timeMs), index]));
  const rows = series.map(({ metric, values }) => {
    const { __name__: _, ...rest } = metric;
    const cells: (number | undefined)[] = Array.from({ length: timesMs.length });
    for (const [seconds, value] of values) {
      const index = column.get(Math.round(seconds * 1000));
      if (index !== undefined) cells[index] = value;
    }
    return { labels: rest, values: cells, key: names.map((name) => rest[name] ?? '').join('\t') };
  });
  rows.sort((a, b) => byCodeUnit(a.key, b.key));
  return { labels: names, timesMs, rows: rows.map(({ labels, values }) => ({ labels, values })) };
}

/** The lines of `metrics/<name>.tsv`, header first. */
export function* tableLines(table: MetricTable): Generator<string> {
  yield [...table.labels.map(escapeCell), ...table.timesMs.map((timeMs) => rfc3339(timeMs))].join('\t');
  for (const row of table.rows) {
    const labels = table.labels.map((name) => escapeCell(row.labels[name] ?? ''));
    yield [...labels, ...row.values.map((value) => (value === undefined ? '' : formatValue(value)))].join(
      '\t',
    );
  }
}

/** The file of a metric; names that Prometheus 3 allows and file systems do not are percent-encoded. */
export function metricFileName(name: string): string {
  const encoded = name
    .toWellFormed()
    .replace(/[^A-Za-z0-9_]/gu, (character) => encodeURIComponent(character).replace(/^[^%]/, hex));
  return `${encoded}.tsv`;
}

/** The metric of a file name; `undefined` if it is none. */
export function metricOfFileName(file: string): string | undefined {
  if (!file.endsWith('.tsv')) return undefined;
  try {
    return decodeURIComponent(file.slice(0, -4));
  } catch {
    return undefined;
  }
}

function hex(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/**
 * Whole numbers exactly; others with three decimals, or six significant digits below one: finer than what rates over
 * half a minute can show.
 */
function formatValue(value: number): string {
  if (Number.isInteger(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(Number(Math.abs(value) >= 1 ? value.toFixed(3) : value.toPrecision(6)));
}

/** A number as `formatValue` writes it; `undefined` for an empty cell, NaN also for what is no number. */
export function parseValue(cell: string): number | undefined {
  if (cell === '') return undefined;
  if (cell === '+Inf') return Number.POSITIVE_INFINITY;
  if (cell === '-Inf') return Number.NEGATIVE_INFINITY;
  return Number(cell);
}

/** Tabs, line ends and backslashes in labels as `\t`, `\n`, `\r`, `\\`. */
function escapeCell(text: string): string {
  return /[\\\t\n\r]/.test(text)
    ? text.replace(/[\\\t\n\r]/g, (character) => escapes[character] ?? character)
    : text;
}

export function unescapeCell(text: string): string {
  return text.includes('\\')
    ? text.replace(/\\([\\tnr])/g, (_, letter: string) => ({ t: '\t', n: '\n', r: '\r' })[letter] ?? '\\')
    : text;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
