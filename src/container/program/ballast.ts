const pageBytes = 4096;
const mebibyte = 1024 * 1024;
/** More than any container has: address space only, until it is touched. */
const reservedBytes = 16 * 1024 * mebibyte;

/** Memory outside the V8 heap that is really in use: every page has been written. Shrinking gives pages back at once. */
export class Ballast {
  readonly #buffer = new ArrayBuffer(0, { maxByteLength: reservedBytes });

  get bytes(): number {
    return this.#buffer.byteLength;
  }

  /** Grows or shrinks to `bytes`, rounded down to whole mebibytes. */
  resize(bytes: number): void {
    const before = this.#buffer.byteLength;
    const wanted = Math.min(reservedBytes, Math.max(0, Math.floor(bytes / mebibyte) * mebibyte));
    if (wanted === before) return;
    this.#buffer.resize(wanted);
    const view = new Uint8Array(this.#buffer);
    for (let at = before; at < wanted; at += pageBytes) view[at] = 1;
  }
}
