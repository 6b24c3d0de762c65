/** Questions, answers in one form, and how two answers differ. */
import { byCodeUnit } from '../../../../src/base/order.ts';
import { hash32 } from '../../../../src/base/random.ts';
import type { ApiResponse } from '../../../../src/cluster/embedded/prometheus/api.ts';
import { dataEndMs, dataStartMs } from './data-set.ts';

export interface Question {
  readonly path: '/api/v1/query' | '/api/v1/query_range';
  readonly params: Readonly<Record<string, string>>;
}

/** Labels as canonical text → samples; or the kind of error. */
export type Answer =
  | {
      readonly type: string;
      readonly series: readonly (readonly [
        labels: string,
        samples: readonly (readonly [number, string])[],
      ])[];
    }
  | { readonly error: string };

/** One instant and one range question for an expression, at times that depend on it, some between samples. */
export function questions(expression: string): readonly Question[] {
  const h = hash32(expression);
  const minutes = 11 + (h % 17);
  const instant = dataStartMs + minutes * 60_000 + [0, 0, 4_321, 15_000][(h >>> 8) % 4]!;
  const start = dataStartMs + (6 + ((h >>> 12) % 4)) * 60_000;
  return [
    { path: '/api/v1/query', params: { query: expression, time: seconds(instant) } },
    {
      path: '/api/v1/query_range',
      params: { query: expression, start: seconds(start), end: seconds(dataEndMs + 240_000), step: '337' },
    },
  ];
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

export async function askReal(url: string, question: Question): Promise<Answer> {
  const response = await fetch(`${url}${question.path}?${new URLSearchParams(question.params)}`);
  return toAnswer({ status: response.status, json: await response.json() });
}

interface Item {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

export function toAnswer(response: ApiResponse): Answer {
  const json = response.json as {
    status: string;
    errorType?: string;
    data?: { resultType: string; result: unknown };
  };
  if (json.status !== 'success' || json.data === undefined) return { error: json.errorType ?? 'unknown' };
  const { resultType, result } = json.data;
  if (resultType === 'scalar' || resultType === 'string')
    return { type: resultType, series: [['{}', [result as [number, string]]]] };
  const series = (result as Item[]).map((item): [string, readonly (readonly [number, string])[]] => [
    JSON.stringify(Object.fromEntries(Object.entries(item.metric).sort(([a], [b]) => byCodeUnit(a, b)))),
    item.values ?? (item.value === undefined ? [] : [item.value]),
  ]);
  return { type: resultType, series: series.sort(([a], [b]) => byCodeUnit(a, b)) };
}

/** undefined: equal within a relative 1e-9; otherwise what differs first. */
export function difference(expected: Answer, actual: Answer): string | undefined {
  if ('error' in expected || 'error' in actual) {
    const left = 'error' in expected ? `error ${expected.error}` : 'an answer';
    const right = 'error' in actual ? `error ${actual.error}` : 'an answer';
    return left === right ? undefined : `expected ${left}, got ${right}`;
  }
  if (expected.type !== actual.type) return `expected a ${expected.type}, got a ${actual.type}`;
  const left = expected.series.map(([labels]) => labels);
  const right = actual.series.map(([labels]) => labels);
  if (left.join('\n') !== right.join('\n'))
    return `expected series ${left.filter((x) => !right.includes(x)).join(' ') || '(none more)'}, got instead ${right.filter((x) => !left.includes(x)).join(' ') || '(none)'}`;
  for (const [i, [labels, samples]] of expected.series.entries()) {
    const others = actual.series[i]![1];
    if (samples.length !== others.length)
      return `${labels}: expected ${samples.length} samples, got ${others.length}`;
    for (const [j, [time, text]] of samples.entries()) {
      const [otherTime, otherText] = others[j]!;
      if (Math.abs(time - otherTime) > 1e-6) return `${labels}: expected time ${time}, got ${otherTime}`;
      if (text !== otherText && !isClose(number(text), number(otherText)))
        return `${labels} at ${time}: expected ${text}, got ${otherText}`;
    }
  }
  return undefined;
}

function number(text: string): number {
  return text === '+Inf'
    ? Number.POSITIVE_INFINITY
    : text === '-Inf'
      ? Number.NEGATIVE_INFINITY
      : Number(text);
}

function isClose(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (a === b) return true;
  // what cancels to nothing differs by rounding only
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)) || Math.abs(a - b) < 1e-12;
}
