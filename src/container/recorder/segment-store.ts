import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readdir, stat, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { textLines } from '../../base/text-lines.ts';

export interface SegmentStoreOptions {
  readonly folder: string;
  /** What it keeps, as a reader of the losses would call it: "spans". */
  readonly what: string;
  /** The oldest segments go when there is more on disk. */
  readonly maxBytes: number;
  /** A segment is closed when it has so much. Default: a sixteenth of `maxBytes`, at most 8 MiB. */
  readonly segmentBytes?: number;
  /** More than this waiting for the disk: the store is busy. Default 8 MiB. */
  readonly maxPendingBytes?: number;
  /** How long a record may wait in memory. Default 200 ms. */
  readonly flushMs?: number;
  readonly onLoss: (reason: string, count: number) => void;
}

interface Segment {
  readonly path: string;
  bytes: number;
  count: number;
  /** Times of its records; a segment is skipped by readers of another time. */
  minMs: number;
  maxMs: number;
}

/** Lines of JSON with a time each, on disk, in files of which the oldest are dropped when there is too much. */
export class SegmentStore {
  readonly #options: Required<SegmentStoreOptions>;
  readonly #segments: Segment[] = [];
  #next = 0;
  #pending: { timeMs: number; line: string }[] = [];
  #pendingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: SegmentStoreOptions) {
    this.#options = {
      segmentBytes: Math.min(8 * 2 ** 20, Math.ceil(options.maxBytes / 16)),
      maxPendingBytes: 8 * 2 ** 20,
      flushMs: 200,
      ...options,
    };
  }

  /** Opens the folder; what an earlier process wrote is kept, but for a torn last line. */
  static async open(options: SegmentStoreOptions): Promise<SegmentStore> {
    const store = new SegmentStore(options);
    await mkdir(options.folder, { recursive: true });
    const names = (await readdir(options.folder)).filter((name) => /^\d{8}\.lines$/.test(name)).sort();
    for (const name of names) {
      const segment = await survey(join(options.folder, name));
      if (segment.isTorn) options.onLoss(`${options.what} dropped: the recorder was killed`, 1);
      store.#segments.push(segment);
      store.#next = Number(name.slice(0, 8)) + 1;
    }
    return store;
  }

  /** Whether so much waits for the disk that senders should wait. */
  get isBusy(): boolean {
    return this.#pendingBytes >= this.#options.maxPendingBytes;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Takes a record; it is on disk within `flushMs`. */
  append(timeMs: number, json: string): void {
    const line = `${timeMs}\t${json}\n`;
    this.#pending.push({ timeMs, line });
    this.#pendingBytes += line.length;
    this.#timer ??= setTimeout(() => void this.flush(), this.#options.flushMs);
  }

  /** Resolves when everything taken so far is on disk, or was counted as lost. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#pending;
    if (batch.length > 0) {
      this.#pending = [];
      this.#writing = this.#writing.then(() => this.#write(batch));
    }
    return this.#writing;
  }

  async #write(batch: readonly { timeMs: number; line: string }[]): Promise<void> {
    const segment = this.#current();
    const data = Buffer.from(batch.map(({ line }) => line).join(''));
    try {
      await appendFile(segment.path, data);
      segment.bytes += data.length;
      segment.count += batch.length;
      for (const { timeMs } of batch) {
        segment.minMs = Math.min(segment.minMs, timeMs);
        segment.maxMs = Math.max(segment.maxMs, timeMs);
      }
    } catch {
      this.#options.onLoss(`${this.#options.what} dropped: the disk takes no more`, batch.length);
      await truncate(segment.path, segment.bytes).catch(() => undefined);
    } finally {
      for (const { line } of batch) this.#pendingBytes -= line.length;
    }
    await this.#dropOldest();
  }

  #current(): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.bytes < this.#options.segmentBytes) return last;
    const path = join(this.#options.folder, `${String(this.#next++).padStart(8, '0')}.lines`);
    const segment: Segment = { path, bytes: 0, count: 0, minMs: Infinity, maxMs: -Infinity };
    this.#segments.push(segment);
    return segment;
  }

  async #dropOldest(): Promise<void> {
    while (this.bytes > this.#options.maxBytes && this.#segments.length > 1) {
      const oldest = this.#segments.shift();
      if (oldest === undefined) return;
      await unlink(oldest.path).catch(() => undefined);
      this.#options.onLoss(`${this.#options.what} dropped: older than the buffer holds`, oldest.count);
    }
  }

  /** JSON of the records with a time in [fromMs, toMs), in the order they came. */
  async *between(fromMs: number, toMs: number): AsyncGenerator<string, void, void> {
    await this.flush();
    for (const { path, bytes, minMs, maxMs } of [...this.#segments]) {
      if (bytes === 0 || maxMs < fromMs || minMs >= toMs) continue;
      const input = createReadStream(path, { end: bytes - 1, highWaterMark: 1 << 18 });
      for await (const line of textLines(input)) {
        const tab = line.indexOf('\t');
        const timeMs = Number(line.slice(0, tab));
        if (timeMs >= fromMs && timeMs < toMs) yield line.slice(tab + 1);
      }
    }
  }
}

/** What is in a file of an earlier process; a last line without end is cut off. */
async function survey(path: string): Promise<Segment & { readonly isTorn: boolean }> {
  const size = (await stat(path)).size;
  const segment: Segment = { path, bytes: 0, count: 0, minMs: Infinity, maxMs: -Infinity };
  for await (const line of textLines(createReadStream(path))) {
    const end = segment.bytes + Buffer.byteLength(line) + 1;
    if (end > size) break;
    const timeMs = Number.parseFloat(line);
    segment.bytes = end;
    segment.count++;
    segment.minMs = Math.min(segment.minMs, timeMs);
    segment.maxMs = Math.max(segment.maxMs, timeMs);
  }
  const isTorn = segment.bytes < size;
  if (isTorn) await truncate(path, segment.bytes);
  return { ...segment, isTorn };
}
