import { createHash } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync, utimesSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The one time every file and folder of a bundle has: file times must not tell when what was written. */
export const bundleFileTime = new Date('2000-01-01T00:00:00Z');

/** A file that was written: what the manifest says of it. */
export interface WrittenFile {
  /** Relative to the bundle, with `/`. */
  readonly path: string;
  readonly digest: string;
  readonly bytes: number;
  readonly rows?: number;
}

/** Writes one file of a bundle as a stream: digest and rows are counted on the way, nothing is kept in memory. */
export class FileSink {
  readonly #path: string;
  readonly #absolute: string;
  readonly #descriptor: number;
  readonly #hash = createHash('sha256');
  #pending: string[] = [];
  #pendingLength = 0;
  #bytes = 0;
  #rows = 0;

  /** Creates the file; it must not exist. */
  constructor(root: string, path: string) {
    this.#path = path;
    this.#absolute = join(root, path);
    mkdirSync(dirname(this.#absolute), { recursive: true });
    this.#descriptor = openSync(this.#absolute, 'wx', 0o644);
  }

  /** One line; the newline is added. Counts as a row. */
  line(text: string): void {
    this.write(`${text}\n`);
    this.#rows++;
  }

  write(text: string): void {
    this.#pending.push(text);
    this.#pendingLength += text.length;
    if (this.#pendingLength > 256 * 1024) this.#flush();
  }

  /** Ends the file and gives it its fixed time and mode; the bundle writer flushes all of them to the disk at once. `rows`: what counts instead of lines. */
  close(rows: number | 'none' = this.#rows): WrittenFile {
    this.#flush();
    closeSync(this.#descriptor);
    chmodSync(this.#absolute, 0o644);
    utimesSync(this.#absolute, bundleFileTime, bundleFileTime);
    const digest = `sha256:${this.#hash.digest('hex')}`;
    return { path: this.#path, digest, bytes: this.#bytes, ...(rows === 'none' ? {} : { rows }) };
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(this.#pending.join(''), 'utf8');
    this.#pending = [];
    this.#pendingLength = 0;
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
  }
}

/** Writes a whole text as one file of a bundle. */
export function writeWhole(root: string, path: string, text: string): WrittenFile {
  const sink = new FileSink(root, path);
  sink.write(text);
  return sink.close('none');
}
