import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { textLines } from '../base/text-lines.ts';
import type { Recording } from '../capture/recording.ts';
import type { MetricRecording } from '../spec/recording.ts';
import type { ContainerLog, LogLine, Span } from '../spec/telemetry.ts';

interface SpooledLog extends Omit<ContainerLog, 'lines'> {
  readonly file: string;
}

/**
 * The same recording with its metrics, spans and logs in files of `directory`, so that it outlives the cluster it was made
 * on and can be read many times. Never holds more than a line (of metrics: the series of one name) in memory.
 */
export async function spoolRecording(recording: Recording, directory: string): Promise<Recording> {
  await mkdir(join(directory, 'logs'), { recursive: true });
  const spans = join(directory, 'spans.jsonl');
  const metrics = join(directory, 'metrics.jsonl');
  await writeJsonLines(spans, recording.spans());
  const logs: SpooledLog[] = [];
  for await (const { lines, ...log } of recording.logs()) {
    const file = join(directory, 'logs', `${logs.length}.jsonl`);
    await writeJsonLines(file, asAsync(lines));
    logs.push({ ...log, file });
  }
  await writeJsonLines(metrics, recording.metrics());
  return {
    ...recording,
    // what was written is what these types say: the lines come back as they went
    spans: () => readJsonLines(spans) as AsyncIterable<Span>,
    metrics: () => readJsonLines(metrics) as AsyncIterable<MetricRecording>,
    async *logs() {
      for (const { file, ...log } of logs)
        yield { ...log, lines: readJsonLines(file) as AsyncIterable<LogLine> };
    },
  };
}

async function writeJsonLines(path: string, values: AsyncIterable<unknown>): Promise<void> {
  async function* lines() {
    for await (const value of values) yield `${JSON.stringify(value, numberAsText)}\n`;
  }
  await pipeline(Readable.from(lines()), createWriteStream(path));
}

async function* readJsonLines(path: string): AsyncGenerator<unknown> {
  for await (const line of textLines(createReadStream(path))) yield JSON.parse(line, textAsNumber);
}

async function* asAsync(lines: ContainerLog['lines']): AsyncGenerator<LogLine> {
  yield* lines;
}

const marker = '\u0000number:';

/** JSON has no NaN and no infinities; Prometheus has. */
function numberAsText(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? `${marker}${value}` : value;
}

function textAsNumber(_: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(marker) ? Number(value.slice(marker.length)) : value;
}
