/** The data both Prometheus and our evaluator are asked about: deterministic, half an hour, with every awkward case. */
import { key, unit } from '../../../../src/base/random.ts';
import { Database } from '../../../../src/cluster/embedded/prometheus/tsdb.ts';

export interface TestSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [timeMs: number, value: number])[];
}

export const dataStartMs = 1_760_000_400_000;
export const dataEndMs = dataStartMs + 30 * 60_000;
const intervalMs = 15_000;

interface Shape {
  readonly offsetMs?: number;
  readonly fromMs?: number;
  readonly toMs?: number;
  value(step: number, timeMs: number): number | undefined;
}

/** All series, sorted by labels as a block stores them. */
export function dataSet(): readonly TestSeries[] {
  const out: TestSeries[] = [];
  const add = (name: string, labels: Record<string, string>, shape: Shape) => {
    const offset =
      shape.offsetMs ?? Math.floor(unit(key(1, labels['instance'] ?? '', labels['job'] ?? '')) * intervalMs);
    const samples: [number, number][] = [];
    for (let step = 0, time = dataStartMs + offset; time < dataEndMs; step++, time += intervalMs) {
      if (
        time < dataStartMs + (shape.fromMs ?? 0) ||
        time > dataStartMs + (shape.toMs ?? Number.POSITIVE_INFINITY)
      )
        continue;
      const value = shape.value(step, time);
      if (value !== undefined) samples.push([time, value]);
    }
    out.push({ labels: { __name__: name, ...labels }, samples });
  };
  const walk =
    (id: string, low: number, high: number, digits = 3) =>
    (step: number) =>
      Number((low + (high - low) * unit(key(2, id, step))).toFixed(digits));
  const counter = (id: string, rate: number, resetEvery = 0) => {
    return (step: number) => {
      let total = 0;
      for (let i = resetEvery > 0 ? step - (step % resetEvery) : 0; i <= step; i++)
        total += Math.floor(2 * rate * unit(key(3, id, i)));
      return total;
    };
  };

  for (const instance of ['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.3:8080'])
    for (const method of ['GET', 'POST'])
      for (const code of ['200', '404', '500']) {
        const labels = { job: 'shop', instance, method, code };
        add('http_requests_total', labels, {
          value: counter(
            instance + method + code,
            code === '200' ? 90 : 4,
            instance.includes('.2:') ? 37 : 0,
          ),
        });
      }
  for (const instance of ['10.0.0.1:8080', '10.0.0.2:8080'])
    for (const [i, le] of ['0.005', '0.05', '0.1', '0.5', '1', '2.5', '+Inf'].entries())
      add(
        'http_request_duration_seconds_bucket',
        { job: 'shop', instance, le },
        {
          value: (step) =>
            Math.floor(
              (step + 1) * (i + 1) * (i + 1) * (instance.includes('.2') ? 3 : 2) +
                (i > 2 ? unit(key(4, le, step)) * 3 : 0),
            ),
        },
      );
  for (const instance of ['10.0.0.1:8080', '10.0.0.2:8080']) {
    add(
      'http_request_duration_seconds_sum',
      { job: 'shop', instance },
      { value: (step) => Number(((step + 1) * 17.3).toFixed(2)) },
    );
    add(
      'http_request_duration_seconds_count',
      { job: 'shop', instance },
      { value: (step) => (step + 1) * 49 * (instance.includes('.2') ? 3 : 2) },
    );
  }
  const pods = [
    ['cart-1', 'shop', 'node-a'],
    ['cart-2', 'shop', 'node-b'],
    ['orders-1', 'shop', 'node-a'],
    ['dns-1', 'kube-system', 'node-b'],
  ] as const;
  for (const [pod, namespace, node] of pods) {
    add('memory_bytes', { namespace, pod }, { offsetMs: 3_000, value: walk(pod, 1e7, 9e7, 0) });
    add(
      'memory_limit_bytes',
      { namespace, pod, unit: 'byte' },
      { offsetMs: 3_000, value: () => (pod.startsWith('cart') ? 8e7 : 1e8) },
    );
    add(
      'pod_info',
      { namespace, pod, node, host_ip: node === 'node-a' ? '192.168.0.1' : '192.168.0.2' },
      { offsetMs: 5_000, value: () => 1 },
    );
    add(
      'cpu_seconds_total',
      { namespace, pod },
      { offsetMs: 3_000, value: (step) => Number((counter(pod, 40)(step) / 100).toFixed(2)) },
    );
  }
  for (const room of ['attic', 'cellar', 'hall'])
    add('temperature', { room }, { offsetMs: 0, value: walk(room, -15, 25, 2) });
  add('build_info', { version: '1.2.3', job: 'shop' }, { offsetMs: 0, value: () => 1 });
  // gaps, late starts, early ends, single samples
  add('gappy', { kind: 'holes' }, { offsetMs: 0, value: (step) => (step % 30 < 8 ? step : undefined) });
  add('gappy', { kind: 'late' }, { offsetMs: 1, fromMs: 12 * 60_000, value: (step) => step * 2 });
  add('gappy', { kind: 'ended' }, { offsetMs: 0, toMs: 10 * 60_000, value: (step) => step * 3 });
  add('gappy', { kind: 'once' }, { offsetMs: 0, fromMs: 16 * 60_000, toMs: 16 * 60_000, value: () => 42 });
  add(
    'gappy',
    { kind: 'twice' },
    { offsetMs: 0, fromMs: 18 * 60_000, toMs: 18 * 60_000 + intervalMs, value: (step) => step },
  );
  // special numbers
  for (const [kind, value] of [
    ['nan', Number.NaN],
    ['inf', Number.POSITIVE_INFINITY],
    ['neginf', Number.NEGATIVE_INFINITY],
    ['zero', 0],
    ['one', 1],
    ['minus', -2.5],
    ['huge', 1.5e300],
    ['tiny', 3e-9],
    ['big', 12345678901],
  ] as const)
    add('special', { kind }, { offsetMs: 0, value: () => value });
  add('sometimes_nan', { kind: 'a' }, { offsetMs: 0, value: (step) => (step % 3 === 0 ? Number.NaN : step) });
  add(
    'sometimes_nan',
    { kind: 'b' },
    { offsetMs: 0, value: (step) => (step % 5 === 0 ? Number.NaN : -step) },
  );
  add('switch', { unit: 'x' }, { offsetMs: 0, value: (step) => (step % 7 < 3 ? 1 : 0) });
  add('constant', {}, { offsetMs: 0, value: () => 7 });
  add('epoch', { place: 'a' }, { offsetMs: 0, value: (step) => 951_782_400 + step * 86_400 * 13.7 });
  // labels that need care
  add('odd', { path: '/a/b?c=d' }, { offsetMs: 0, value: () => 1 });
  add('odd', { path: 'line1\nline2' }, { offsetMs: 0, value: () => 2 });
  add('odd', { path: 'quote " and \\ slash' }, { offsetMs: 0, value: () => 3 });
  add('odd', { path: 'größe €' }, { offsetMs: 0, value: () => 4 });
  add('odd', {}, { offsetMs: 0, value: () => 5 });
  add('versioned', { app: 'web-v1.2', tier: 'front' }, { offsetMs: 0, value: () => 10 });
  add('versioned', { app: 'web-v2.0', tier: 'front' }, { offsetMs: 0, value: () => 20 });
  add('versioned', { app: 'db', tier: 'back' }, { offsetMs: 0, value: () => 30 });
  // buckets that are not well-formed
  for (const [le, value] of [
    ['0.1', 10],
    ['0.5', 8],
    ['1', 20],
    ['+Inf', 20],
  ] as const)
    add('broken_bucket', { le, kind: 'dips' }, { offsetMs: 0, value: () => value });
  for (const [le, value] of [
    ['0.1', 1],
    ['0.5', 8],
  ] as const)
    add('broken_bucket', { le, kind: 'no-inf' }, { offsetMs: 0, value: () => value });
  for (const [le, value] of [
    ['0.1', 0],
    ['+Inf', 0],
  ] as const)
    add('broken_bucket', { le, kind: 'empty' }, { offsetMs: 0, value: () => value });
  for (const [le, value] of [
    ['-1', 3],
    ['0', 5],
    ['1', 9],
    ['+Inf', 9],
  ] as const)
    add('broken_bucket', { le, kind: 'negative' }, { offsetMs: 0, value: () => value });
  add('broken_bucket', { le: 'abc', kind: 'text' }, { offsetMs: 0, value: () => 3 });
  return out
    .filter((series) => series.samples.length > 0)
    .sort((a, b) => (labelKey(a) < labelKey(b) ? -1 : 1));
}

function labelKey(series: TestSeries): string {
  return Object.entries(series.labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}\u0001${value}`)
    .join('\u0001');
}

/** The data in our store. */
export function dataBase(): Database {
  const database = new Database();
  for (const { labels, samples } of dataSet())
    for (const [time, value] of samples) database.append(labels, time, value);
  return database;
}

/** The data as an OpenMetrics text for `promtool tsdb create-blocks-from openmetrics`. */
export function openMetrics(): string {
  const lines: string[] = [];
  const names = [...new Set(dataSet().map((series) => series.labels['__name__']!))];
  for (const name of names) {
    lines.push(`# TYPE ${name} unknown`);
    for (const { labels, samples } of dataSet().filter((series) => series.labels['__name__'] === name)) {
      const inside = Object.entries(labels)
        .filter(([label]) => label !== '__name__')
        .map(
          ([label, value]) =>
            `${label}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
        );
      for (const [time, value] of samples)
        lines.push(`${name}{${inside.join(',')}} ${number(value)} ${(time / 1000).toFixed(3)}`);
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

function number(value: number): string {
  return Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
