import { createReadStream } from 'node:fs';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../../base/errors.ts';
import { byText } from '../../base/order.ts';
import { textLines } from '../../base/text-lines.ts';
import type { ContainerLog, LogLine } from '../../spec/telemetry.ts';
import { splitStamp, stampMs } from './log-stamp.ts';

export interface LoggedContainer {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
}

interface SpooledFile extends LoggedContainer {
  readonly path: string;
  bytes: number;
  /** Seconds in which it has lines, to answer what has lines in a window. */
  readonly seconds: Set<number>;
  waiting: string[];
}

const maxWaiting = 500;

/** Lines of containers' logs in files of a folder: taken as they come, told by time. Holds a few hundred lines each. */
export class LogSpool {
  readonly #folder: string;
  readonly #files = new Map<string, SpooledFile>();
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #failure: unknown;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder. */
  static async open(folder: string): Promise<LogSpool> {
    await mkdir(folder, { recursive: true });
    return new LogSpool(folder);
  }

  /** Takes a line with its stamp; resolves when there is room for more. */
  async append(container: LoggedContainer, raw: string, stamp: string): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const file = this.#fileOf(container);
    file.waiting.push(raw);
    file.seconds.add(Math.floor(stampMs(stamp) / 1000));
    if (file.waiting.length >= maxWaiting) await this.flush();
    else this.#timer ??= setTimeout(() => void this.flush().catch(() => undefined), 500);
  }

  /** Why nothing more could be written, if so. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Resolves when all lines are in their files. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    for (const file of this.#files.values()) {
      if (file.waiting.length === 0) continue;
      const data = Buffer.from(`${file.waiting.join('\n')}\n`);
      file.waiting = [];
      try {
        await appendFile(file.path, data);
      } catch (cause) {
        this.#failure = new OperationError(
          'spool-failed',
          `logs cannot be written to ${this.#folder}: ${cause instanceof Error ? cause.message : cause}`,
          { cause, hint: 'is the disk full, or was the folder deleted? TMPDIR says where it is' },
        );
        throw this.#failure;
      }
      file.bytes += data.length;
    }
  }

  #fileOf(container: LoggedContainer): SpooledFile {
    const { namespace, pod, uid, container: name } = container;
    const id = `${namespace}_${pod}_${uid}_${name}`;
    let file = this.#files.get(id);
    if (file === undefined) {
      const path = join(this.#folder, `${this.#files.size}.log`);
      file = { namespace, pod, uid, container: name, path, bytes: 0, seconds: new Set(), waiting: [] };
      this.#files.set(id, file);
    }
    return file;
  }

  /** Every container with lines in [fromMs, toMs), sorted by namespace, pod, container; lines as they were written. */
  async between(fromMs: number, toMs: number): Promise<ContainerLog[]> {
    await this.flush();
    const [from, to] = [Math.floor(fromMs / 1000), Math.floor((toMs - 1e-6) / 1000)];
    return [...this.#files.values()]
      .filter(({ seconds }) => [...seconds].some((second) => second >= from && second <= to))
      .sort(
        byText(
          (file) => file.namespace,
          (file) => file.pod,
          (file) => file.container,
          (file) => file.uid,
        ),
      )
      .map(({ namespace, pod, container, path, bytes }) => ({
        namespace,
        pod,
        container,
        lines: { [Symbol.asyncIterator]: () => linesOf(path, bytes, fromMs, toMs) },
      }));
  }

  /** Deletes the files. */
  async remove(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing.catch(() => undefined);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function* linesOf(path: string, bytes: number, fromMs: number, toMs: number): AsyncGenerator<LogLine> {
  for await (const raw of textLines(createReadStream(path, { end: bytes - 1 }))) {
    const line = splitStamp(raw);
    if (line === undefined) continue;
    const timeMs = stampMs(line.stamp);
    if (timeMs >= fromMs && timeMs < toMs) yield { timeMs, text: line.text };
  }
}
