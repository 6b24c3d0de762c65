/**
 * The recorded answers, one expression a line, small enough to commit: label sets and sample times are numbered, values
 * have 12 digits (the comparison needs nine).
 */
import { readFileSync } from 'node:fs';
import type { Answer } from './comparison.ts';

export const recordingFile = new URL('./testdata/prometheus-answers.jsonl', import.meta.url).pathname;

type Row = readonly [labels: number, firstTime: number, values: readonly string[]];
type Compact = string | readonly [type: string, rows: readonly Row[], times: readonly number[]];

export function writeRecording(version: string, answers: ReadonlyMap<string, readonly Answer[]>): string {
  const labels: string[] = [];
  const numbers = new Map<string, number>();
  const number = (text: string): number => {
    let n = numbers.get(text);
    if (n === undefined) {
      n = labels.length;
      numbers.set(text, n);
      labels.push(text);
    }
    return n;
  };
  const compact = (answer: Answer): Compact => {
    if ('error' in answer) return answer.error;
    const times = [...new Set(answer.series.flatMap(([, samples]) => samples.map(([time]) => time)))].sort(
      (a, b) => a - b,
    );
    const rows: Row[] = [];
    for (const [text, samples] of answer.series) {
      // a row is a run of samples at consecutive times of the answer
      let row: [number, number, string[]] | undefined;
      for (const [time, value] of samples) {
        const at = times.indexOf(time);
        if (row === undefined || at !== row[1] + row[2].length) {
          row = [number(text), at, []];
          rows.push(row);
        }
        row[2].push(shorten(value, answer.type));
      }
      if (samples.length === 0) rows.push([number(text), 0, []]);
    }
    return [answer.type, rows, times];
  };
  const lines = [...answers].map(([expression, pair]) => JSON.stringify([expression, ...pair.map(compact)]));
  return `${[JSON.stringify({ version, labels }), ...lines].join('\n')}\n`;
}

export function readRecording(): {
  readonly version: string;
  readonly answers: ReadonlyMap<string, readonly Answer[]>;
} {
  const [head = '{}', ...lines] = readFileSync(recordingFile, 'utf8').trimEnd().split('\n');
  const { version, labels } = JSON.parse(head) as { version: string; labels: string[] };
  const expand = (compact: Compact): Answer => {
    if (typeof compact === 'string') return { error: compact };
    const [type, rows, times] = compact;
    const series = new Map<string, [number, string][]>();
    for (const [label, first, values] of rows) {
      const samples = series.get(labels[label]!) ?? [];
      series.set(labels[label]!, samples);
      values.forEach((value, i) => {
        samples.push([times[first + i]!, value]);
      });
    }
    return { type, series: [...series] };
  };
  const answers = new Map<string, readonly Answer[]>();
  for (const line of lines) {
    const [expression, ...pair] = JSON.parse(line) as [string, ...Compact[]];
    answers.set(expression, pair.map(expand));
  }
  return { version, answers };
}

function shorten(value: string, type: string): string {
  const n = Number(value);
  return type === 'string' || !Number.isFinite(n) || value.length <= 13
    ? value
    : String(Number(n.toPrecision(12)));
}
