/** Characters kept of each stream of a command. */
export const defaultOutputLimit = 20_000;

/**
 * Collects a stream in bounded memory: the first and the last half of `limit` characters stay, and a note in between
 * tells how many are missing. Bytes that are not UTF-8 become replacement characters.
 */
export class BoundedOutput {
  readonly #half: number;
  readonly #decoder = new TextDecoder();
  #head = '';
  #tail = '';
  #length = 0;

  constructor(limit: number = defaultOutputLimit) {
    this.#half = Math.max(1, Math.floor(limit / 2));
  }

  push(chunk: Uint8Array | string): void {
    this.#add(typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk, { stream: true }));
  }

  get truncated(): boolean {
    return this.#length > 2 * this.#half;
  }

  /** What was kept, with the note where something is missing. */
  text(): string {
    this.#add(this.#decoder.decode());
    const tail = this.#tail.slice(-this.#half);
    if (!this.truncated) return this.#head + this.#tail;
    const omitted = this.#length - this.#head.length - tail.length;
    return `${this.#head}\n[… ${omitted} of ${this.#length} characters left out …]\n${tail}`;
  }

  #add(text: string): void {
    this.#length += text.length;
    const room = this.#half - this.#head.length;
    if (room > 0) {
      this.#head += text.slice(0, room);
      text = text.slice(room);
    }
    this.#tail += text;
    // cut seldom, so that many small chunks cost linear time
    if (this.#tail.length > 4 * this.#half + 65_536) this.#tail = this.#tail.slice(-this.#half);
  }
}

/** The same cut for a text that is already there. */
export function truncateMiddle(text: string, limit: number = defaultOutputLimit): string {
  const output = new BoundedOutput(limit);
  output.push(text);
  return output.text();
}
