import { pipeline, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { OperationError } from '../../base/errors.ts';
import { textLines } from '../../base/text-lines.ts';
import type { Span } from '../../spec/telemetry.ts';

/** Gets `path` from the recorder's reading port; throws where no answer came. */
export type ReadRecorder = (path: string) => Promise<{
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
}>;

const tries = 5;

/** What the recorder in a cluster took, read over HTTP. A stream that breaks is asked again, and nothing comes twice. */
export class RecorderReader {
  readonly #read: ReadRecorder;
  readonly #backoffMs: number;

  constructor(read: ReadRecorder, backoffMs = 500) {
    this.#read = read;
    this.#backoffMs = backoffMs;
  }

  /** Spans that ended in [fromMs, toMs), in the order in which they came. */
  async *spans(fromMs: number, toMs: number): AsyncGenerator<Span, void, void> {
    for await (const line of this.#lines(`/spans?from=${fromMs}&to=${toMs}`)) yield JSON.parse(line) as Span;
  }

  /** What was refused or dropped, by reason. */
  async losses(): Promise<Readonly<Record<string, number>>> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { status, body } = await this.#read('/losses');
        let text = '';
        for await (const line of textLines(body)) text += line;
        if (status === 200) return JSON.parse(text) as Record<string, number>;
        throw refused('/losses', status, text);
      } catch (error) {
        await this.#orGiveUp(error, attempt);
      }
    }
  }

  /** Lines of a stream whose last line tells how many there are. */
  async *#lines(path: string): AsyncGenerator<string, void, void> {
    let told = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        let count = 0;
        let isWhole = false;
        for await (const line of this.#stream(path)) {
          isWhole = line === `{"end":${count}}`;
          if (isWhole) continue;
          count++;
          // a second try begins at the beginning: the recorder answers in the same order
          if (count > told) {
            told = count;
            yield line;
          }
        }
        if (isWhole) return;
        throw new OperationError('recorder-cut-off', `the recorder's answer to ${path} was cut off`, {
          isRetryable: true,
        });
      } catch (error) {
        await this.#orGiveUp(error, attempt);
      }
    }
  }

  async *#stream(path: string): AsyncGenerator<string, void, void> {
    const { status, headers, body } = await this.#read(path);
    const bytes = headers['content-encoding'] === 'gzip' ? unpacked(body) : body;
    if (status !== 200) {
      let text = '';
      for await (const line of textLines(bytes)) text += line;
      throw refused(path, status, text);
    }
    yield* textLines(bytes);
  }

  async #orGiveUp(error: unknown, attempt: number): Promise<void> {
    // what is no refusal is a broken connection, and those may heal
    const isFinal = OperationError.isInstance(error) && !(error as OperationError).isRetryable;
    if (isFinal || attempt >= tries) throw error;
    await sleep(this.#backoffMs * 2 ** (attempt - 1));
  }
}

function refused(path: string, status: number, text: string): OperationError {
  return new OperationError(
    'recorder-refused',
    `the recorder answered ${status} to ${path}: ${text.slice(0, 200)}`,
    { isRetryable: status >= 500 || status === 429, details: { status } },
  );
}

function unpacked(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  // an error of either ends the iteration with it; a reader that stops early is nothing to tell of
  return pipeline(Readable.from(body), createGunzip(), () => undefined);
}
