import { byCodeUnit } from '../../../base/order.ts';
import type { KubeObject } from '../../../spec/kube-types.ts';
import type { BundleRule, Found } from '../finding.ts';
import type { LintedBundle } from '../linted-bundle.ts';

type Line = Readonly<Record<string, unknown>>;

/** What each file is sorted by. */
const sortedBy: Readonly<Record<string, (line: Line) => readonly string[]>> = {
  'public/objects.jsonl': (line) => {
    // the reader has checked it
    const { kind, metadata } = line as unknown as KubeObject;
    return [metadata.namespace ?? '', kind, metadata.name];
  },
  'public/alerts.jsonl': ({ time }) => [String(time)],
  'public/changes.jsonl': ({ time }) => [String(time)],
  'public/traces.jsonl': ({ start }) => [String(start)],
  'public/events.jsonl': (line) => [lastTime(line)],
};

export const order: BundleRule = {
  scope: 'bundle',
  code: 'LEK009',
  name: 'order',
  finds: 'lines out of the order their file has, keys out of the order all JSON has, files of another time',
  why: 'what was touched last stands at an odd place or has an odd time',
  *check(bundle) {
    for (const [path, keys] of Object.entries(sortedBy)) yield* lineOrder(bundle, path, keys);
    yield* fileTimes(bundle);
  },
};

function* lineOrder(
  bundle: LintedBundle,
  path: string,
  keys: (line: Line) => readonly string[],
): Generator<Found> {
  let before: readonly string[] | undefined;
  const lines = bundle.file(path)?.text.split('\n') ?? [];
  for (const [index, text] of lines.entries()) {
    if (text === '') continue;
    const value = JSON.parse(text) as Line;
    const now = keys(value);
    if (before !== undefined && compare(before, now) > 0)
      yield { file: path, line: index + 1, message: 'stands after a line it sorts before' };
    else before = now;
    if (!isCanonical(value, text))
      yield { file: path, line: index + 1, message: 'is not written like the others: keys or blanks' };
  }
}

/** Whether canonical JSON of the value would be this text, without making it. */
function isCanonical(value: unknown, text: string): boolean {
  return hasSortedKeys(value) && JSON.stringify(value) === text;
}

function hasSortedKeys(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(hasSortedKeys);
  let before: string | undefined;
  for (const [name, member] of Object.entries(value)) {
    if ((before !== undefined && byCodeUnit(before, name) > 0) || !hasSortedKeys(member)) return false;
    before = name;
  }
  return true;
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [index, text] of a.entries()) {
    const result = byCodeUnit(text, b[index] ?? '');
    if (result !== 0) return result;
  }
  return 0;
}

function lastTime(line: Line): string {
  const series = line['series'] as { readonly lastObservedTime?: string } | null | undefined;
  const metadata = line['metadata'] as { readonly creationTimestamp?: string } | undefined;
  const times = [
    series?.lastObservedTime,
    line['lastTimestamp'],
    line['eventTime'],
    line['firstTimestamp'],
    metadata?.creationTimestamp,
  ];
  return String(times.find((time) => time !== undefined && time !== null) ?? '');
}

/** A checkout gives all files about one time, whichever it is: only what is hours from the rest stands out. */
function* fileTimes({ files }: LintedBundle): Generator<Found> {
  const times = files.map(({ changedMs }) => changedMs).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  for (const { path, changedMs } of files)
    if (Math.abs(changedMs - median) > 3_600_000)
      yield { file: path, line: 1, message: 'has another time than the other files' };
}
