import { rfc3339, rfc3339Nanos } from '../base/clock.ts';
import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import { entityName } from '../spec/entity-name.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import type { Recording } from '../spec/recording.ts';
import { FileSink, type WrittenFile, writeWhole } from './file-sink.ts';
import { LogSample } from './log-sample.ts';
import { selectSeries } from './metric-policy.ts';
import { metricFileName, tableLines, toTable } from './metric-table.ts';
import { readmeText, type ThinnedLog } from './readme.ts';
import type { Sanitiser } from './sanitise/sanitiser.ts';
import { SpanLines } from './span-line.ts';
import { TraceSample } from './trace-sample.ts';

/** How much of each kind of evidence a bundle may hold. */
export interface BundleBudget {
  /** Bytes of traces.jsonl; beyond it whole traces are left out. Default 6 MB. */
  readonly traceBytes: number;
  /** Bytes of ordinary lines of one container; beyond it they are thinned. Default 96 KB. */
  readonly logBytesPerContainer: number;
}

export const defaultBudget: BundleBudget = { traceBytes: 6_000_000, logBytesPerContainer: 96 * 1024 };

export interface PublicOptions {
  readonly application: {
    readonly name: string;
    readonly summary: string;
    readonly namespaces: readonly string[];
  };
  readonly includeChanges: boolean;
  readonly ownNamespaces: ReadonlySet<string>;
  readonly budget: BundleBudget;
}

/** Writes all of `public/` and answers its files. Streams: one metric, and bounded samples of logs and traces, at a time. */
export async function writePublic(
  root: string,
  recording: Recording,
  sanitiser: Sanitiser,
  options: PublicOptions,
): Promise<readonly WrittenFile[]> {
  const files: WrittenFile[] = [];
  files.push(writeObjects(root, recording, sanitiser));
  files.push(writeEvents(root, recording, sanitiser));
  files.push(writeAlerts(root, recording, sanitiser));
  files.push(writeWhole(root, 'public/alert-rules.yaml', recording.rules));
  files.push(writeWhole(root, 'public/topology.json', `${canonicalJson(topology(recording, options), 2)}\n`));
  if (options.includeChanges) files.push(writeChanges(root, 'public/changes.jsonl', recording, sanitiser));
  const metrics = await writeMetrics(root, recording, sanitiser, options);
  files.push(...metrics.files);
  const logs = await writeLogs(root, recording, sanitiser, options);
  files.push(...logs.files);
  const traces = await writeTraces(root, recording, sanitiser, options);
  files.push(traces.file);
  const readme = readmeText({
    application: options.application,
    namespaces: options.application.namespaces,
    startMs: recording.window.startMs,
    endMs: recording.window.endMs,
    metricStepMs: metrics.stepMs,
    traceShare: traces.share,
    thinnedLogs: logs.thinned,
    hasChanges: options.includeChanges,
  });
  files.push(writeWhole(root, 'public/README.md', readme));
  return files;
}

/** Writes `changes.jsonl`, public or private. Changes of which the sanitiser leaves nothing are left out. */
export function writeChanges(
  root: string,
  path: string,
  recording: Recording,
  sanitiser: Sanitiser,
): WrittenFile {
  const sink = new FileSink(root, path);
  for (const change of recording.changes) {
    const patch = sanitiser.patch(change.ref.kind, change.patch);
    if (change.verb === 'update' && patch.length === 0) continue;
    sink.line(
      canonicalJson({
        time: rfc3339(change.timeMs),
        verb: change.verb,
        entity: entityName(change.ref),
        patch,
      }),
    );
  }
  return sink.close();
}

function writeObjects(root: string, recording: Recording, sanitiser: Sanitiser): WrittenFile {
  const sink = new FileSink(root, 'public/objects.jsonl');
  const sorted = [...recording.objects].sort(
    byText(
      ({ object }) => object.metadata.namespace ?? '',
      ({ object }) => object.kind,
      ({ object }) => object.metadata.name,
      ({ object }) => object.metadata.creationTimestamp ?? '',
      ({ object }) => object.metadata.uid ?? '',
    ),
  );
  for (const { object, deletedMs } of sorted) {
    const clean = sanitiser.object(object);
    if (clean === undefined) continue;
    sink.line(canonicalJson(deletedMs === undefined ? clean : { ...clean, deleted: rfc3339(deletedMs) }));
  }
  return sink.close();
}

function writeEvents(root: string, recording: Recording, sanitiser: Sanitiser): WrittenFile {
  const sink = new FileSink(root, 'public/events.jsonl');
  const events = recording.events.flatMap((event) => sanitiser.object(event) ?? []);
  events.sort(
    byText(
      (event) => lastTime(event),
      (event) => event.metadata.namespace ?? '',
      (event) => event.metadata.name,
    ),
  );
  for (const event of events) sink.line(canonicalJson(event));
  return sink.close();
}

function lastTime(event: KubeObject): string {
  const { series, lastTimestamp, eventTime, firstTimestamp } = event as KubeObject & {
    readonly series?: { readonly lastObservedTime?: string } | null;
    readonly lastTimestamp?: string | null;
    readonly eventTime?: string | null;
    readonly firstTimestamp?: string | null;
  };
  return (
    series?.lastObservedTime ??
    lastTimestamp ??
    eventTime ??
    firstTimestamp ??
    event.metadata.creationTimestamp ??
    ''
  );
}

function writeAlerts(root: string, recording: Recording, sanitiser: Sanitiser): WrittenFile {
  const sink = new FileSink(root, 'public/alerts.jsonl');
  for (const { timeMs, state, name, labels, annotations, value } of recording.alerts) {
    const line = {
      time: rfc3339(timeMs),
      state,
      name,
      labels: sanitiser.value(labels),
      annotations: sanitiser.value(annotations),
    };
    sink.line(
      canonicalJson(
        value === undefined || !Number.isFinite(value)
          ? line
          : { ...line, value: Number(value.toPrecision(6)) },
      ),
    );
  }
  return sink.close();
}

function topology(recording: Recording, options: PublicOptions): Recording['topology'] {
  const own = options.ownNamespaces;
  const services = recording.topology.services.filter((service) => !own.has(service.namespace));
  return { services, calls: recording.topology.calls };
}

async function writeMetrics(
  root: string,
  recording: Recording,
  sanitiser: Sanitiser,
  options: PublicOptions,
): Promise<{ files: WrittenFile[]; stepMs: number }> {
  const files: WrittenFile[] = [];
  let stepMs = 30_000;
  for await (const metric of recording.metrics()) {
    const series = selectSeries(metric.name, metric.series).filter(
      ({ metric: labels, values }) => values.length > 0 && !options.ownNamespaces.has(labels.namespace ?? ''),
    );
    if (series.length === 0) continue;
    const clean = series.map(({ metric: labels, values }) => ({
      metric: Object.fromEntries(
        Object.entries(labels).map(([name, value]) => [name, sanitiser.text(value)]),
      ),
      values,
    }));
    const timesMs = recording.metricTimesMs ?? timesOf(clean);
    if (timesMs.length > 1) stepMs = Math.min(stepMs, (timesMs[1] ?? 0) - (timesMs[0] ?? 0));
    const sink = new FileSink(root, `public/metrics/${metricFileName(metric.name)}`);
    for (const line of tableLines(toTable(clean, timesMs))) sink.line(line);
    files.push(sink.close(clean.length));
  }
  return { files, stepMs };
}

function timesOf(series: readonly { readonly values: readonly (readonly [number, number])[] }[]): number[] {
  const times = new Set<number>();
  for (const { values } of series) for (const [seconds] of values) times.add(Math.round(seconds * 1000));
  return [...times].sort((a, b) => a - b);
}

async function writeLogs(
  root: string,
  recording: Recording,
  sanitiser: Sanitiser,
  options: PublicOptions,
): Promise<{ files: WrittenFile[]; thinned: ThinnedLog[] }> {
  const samples = new Map<string, LogSample>();
  for await (const log of recording.logs()) {
    if (options.ownNamespaces.has(log.namespace)) continue;
    const path = `logs/${fileName(log.namespace)}/${fileName(log.pod)}/${fileName(log.container)}.log`;
    let sample = samples.get(path);
    if (sample === undefined) {
      sample = new LogSample(path, options.budget.logBytesPerContainer);
      samples.set(path, sample);
    }
    for await (const line of log.lines) sample.add(line.timeMs, line.text);
  }
  const files: WrittenFile[] = [];
  const thinned: ThinnedLog[] = [];
  for (const [path, sample] of [...samples].sort(byText(([name]) => name))) {
    const sink = new FileSink(root, `public/${path}`);
    for (const { timeMs, text } of sample.lines())
      sink.line(`${rfc3339Nanos(timeMs)} ${oneLine(sanitiser.text(text))}`);
    files.push(sink.close());
    const { routineShare, notableShare } = sample;
    if (routineShare < 1 || notableShare < 1) thinned.push({ path, routineShare, notableShare });
  }
  return { files, thinned };
}

function oneLine(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/\r/g, '\\r').replace(/\n/g, '\\n') : text;
}

/** Names of namespaces, pods and containers are safe as file names; anything else is encoded. */
function fileName(name: string): string {
  return /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(name)
    ? name
    : encodeURIComponent(name).replaceAll('.', '%2E');
}

async function writeTraces(
  root: string,
  recording: Recording,
  sanitiser: Sanitiser,
  options: PublicOptions,
): Promise<{ file: WrittenFile; share: number }> {
  const sample = new TraceSample(options.budget.traceBytes);
  const lines = new SpanLines((text) => sanitiser.text(text));
  for await (const span of recording.spans()) {
    if (options.ownNamespaces.has(span.resource['k8s.namespace.name'] ?? '')) continue;
    const order = () => `${rfc3339Nanos(span.startMs)} ${span.traceId} ${span.spanId}`;
    sample.add(span.traceId, order, () => canonicalJson(lines.of(span)));
  }
  const sink = new FileSink(root, 'public/traces.jsonl');
  for (const line of sample.lines()) sink.line(line);
  return { file: sink.close(), share: sample.share };
}
