import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import {
  type AlertLine,
  type ChangeLine,
  type EventLine,
  Manifest,
  type ObjectLine,
  type SpanLine,
  TopologyFile,
} from '../spec/bundle.ts';
import { checkFor, type LineFile, lineSchemas, parseLine } from './line-schemas.ts';
import { readLines } from './lines.ts';
import {
  type MetricTable,
  metricFileName,
  metricOfFileName,
  parseValue,
  unescapeCell,
} from './metric-table.ts';
import { type BundleFile, SafeDirectory } from './safe-directory.ts';

/** A log file and whose it is. */
export interface LogFile {
  readonly path: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** A line of a container's log. */
export interface LogEntry {
  /** RFC 3339 with nanoseconds, as it stands there. */
  readonly time: string;
  readonly text: string;
}

/**
 * The public part of a bundle: the evidence, and all of it. Nothing of the private part can be reached through it.
 * Large files stream. Whatever is malformed is a UserError with file and line; nothing else is thrown for content.
 */
export interface PublicBundle {
  /** Absolute path of `public/`. */
  readonly root: string;
  readonly manifest: Manifest;
  /** All files, sorted by path. */
  files(): Promise<readonly BundleFile[]>;
  readme(): Promise<string>;
  /** The Prometheus rule file. */
  rules(): Promise<string>;
  topology(): Promise<TopologyFile>;
  objects(): AsyncIterable<ObjectLine>;
  events(): AsyncIterable<EventLine>;
  alerts(): AsyncIterable<AlertLine>;
  spans(): AsyncIterable<SpanLine>;
  /** Empty unless the scenario grants it. */
  changes(): AsyncIterable<ChangeLine>;
  metricNames(): Promise<readonly string[]>;
  metric(name: string): Promise<MetricTable>;
  logFiles(): Promise<readonly LogFile[]>;
  log(file: LogFile): AsyncIterable<LogEntry>;
}

/** Opens a bundle's public part. UserError if there is no bundle, or its manifest is not one. */
export async function readPublic(bundle: string): Promise<PublicBundle> {
  const manifest = await readManifest(bundle);
  return new PublicReader(await SafeDirectory.open(join(bundle, 'public')), manifest);
}

/** `manifest.json` of a bundle. UserError if it is not there or not one. */
export async function readManifest(bundle: string): Promise<Manifest> {
  const directory = await SafeDirectory.open(bundle);
  if (!(await directory.has('manifest.json')))
    throw new UserError('no-bundle', `${bundle} is no bundle: it has no manifest.json`, {
      hint: 'culprit build makes bundles',
    });
  const text = await directory.text('manifest.json');
  const result = parseLine(text, checkFor(Manifest));
  if ('problem' in result)
    throw new UserError('manifest', `${join(bundle, 'manifest.json')}: ${result.problem}`, {
      hint: 'culprit snapshot verify tells more',
    });
  return result.value as Manifest;
}

class PublicReader implements PublicBundle {
  readonly manifest: Manifest;
  readonly #directory: SafeDirectory;

  constructor(directory: SafeDirectory, manifest: Manifest) {
    this.#directory = directory;
    this.manifest = manifest;
  }

  get root(): string {
    return this.#directory.root;
  }

  files = () => this.#directory.files();
  readme = () => this.#directory.text('README.md');
  rules = () => this.#directory.text('alert-rules.yaml');

  async topology(): Promise<TopologyFile> {
    const result = parseLine(await this.#directory.text('topology.json'), checkFor(TopologyFile));
    if ('problem' in result) throw new UserError('bundle-line', `topology.json: ${result.problem}`);
    return result.value as TopologyFile;
  }

  // each schema's static type is the one named here: see lineSchemas
  objects = () => this.#jsonLines('objects.jsonl') as AsyncIterable<ObjectLine>;
  events = () => this.#jsonLines('events.jsonl') as AsyncIterable<EventLine>;
  alerts = () => this.#jsonLines('alerts.jsonl') as AsyncIterable<AlertLine>;
  spans = () => this.#jsonLines('traces.jsonl') as AsyncIterable<SpanLine>;

  async *changes(): AsyncIterable<ChangeLine> {
    if (await this.#directory.has('changes.jsonl'))
      yield* this.#jsonLines('changes.jsonl') as AsyncIterable<ChangeLine>;
  }

  async *#jsonLines(path: LineFile): AsyncGenerator<unknown> {
    const check = checkFor(lineSchemas[path]);
    for await (const { number, text } of readLines(this.#directory, path)) {
      const result = parseLine(text, check);
      if ('problem' in result) throw new UserError('bundle-line', `${path}:${number}: ${result.problem}`);
      yield result.value;
    }
  }

  async metricNames(): Promise<readonly string[]> {
    return (await this.files()).flatMap(({ path }) => {
      const [folder, file, more] = path.split('/');
      return folder === 'metrics' && file !== undefined && more === undefined
        ? (metricOfFileName(file) ?? [])
        : [];
    });
  }

  async metric(name: string): Promise<MetricTable> {
    const path = `metrics/${metricFileName(name)}`;
    let header: MetricHeader | undefined;
    const rows: { labels: Record<string, string>; values: (number | undefined)[] }[] = [];
    for await (const { number, text } of readLines(this.#directory, path)) {
      const cells = text.split('\t');
      if (header === undefined) {
        header = parseMetricHeader(cells);
        continue;
      }
      const problem = metricRowProblem(header, cells);
      if (problem !== undefined) throw new UserError('bundle-line', `${path}:${number}: ${problem}`);
      const labels: Record<string, string> = Object.create(null);
      header.labels.forEach((label, index) => {
        if (cells[index]) labels[label] = unescapeCell(cells[index]);
      });
      rows.push({ labels, values: cells.slice(header.labels.length).map(parseValue) });
    }
    return { labels: header?.labels ?? [], timesMs: header?.timesMs ?? [], rows };
  }

  async logFiles(): Promise<readonly LogFile[]> {
    return (await this.files()).flatMap(({ path }) => {
      const [folder, namespace, pod, file, more] = path.split('/');
      if (folder !== 'logs' || !namespace || !pod || !file?.endsWith('.log') || more !== undefined) return [];
      return { path, namespace, pod, container: file.slice(0, -4) };
    });
  }

  async *log(file: LogFile): AsyncIterable<LogEntry> {
    for await (const { text } of readLines(this.#directory, file.path)) {
      const blank = text.indexOf(' ');
      yield {
        time: text.slice(0, blank < 0 ? text.length : blank),
        text: blank < 0 ? '' : text.slice(blank + 1),
      };
    }
  }
}

/** Columns of a metric file. */
export interface MetricHeader {
  readonly labels: readonly string[];
  readonly timesMs: readonly number[];
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Splits the header of a metric file into label columns and times. */
export function parseMetricHeader(cells: readonly string[]): MetricHeader {
  const first = cells.findIndex((cell) => time.test(cell));
  const labels = first < 0 ? cells : cells.slice(0, first);
  return {
    labels: labels.map(unescapeCell),
    timesMs: first < 0 ? [] : cells.slice(first).map((cell) => Date.parse(cell)),
  };
}

/** What is wrong with a row of a metric file, if anything. */
export function metricRowProblem(header: MetricHeader, cells: readonly string[]): string | undefined {
  const columns = header.labels.length + header.timesMs.length;
  if (cells.length !== columns) return `${cells.length} columns instead of ${columns}`;
  const odd = cells
    .slice(header.labels.length)
    .find((cell) => cell !== 'NaN' && Number.isNaN(parseValue(cell)));
  return odd === undefined ? undefined : `"${odd.slice(0, 40)}" is not a number`;
}
