import type { Output } from './io.ts';

/**
 * Progress on stderr: one live line on a terminal, one line per change in a pipe, nothing when quiet. `update` replaces
 * the live line; `note` prints something that stays.
 */
export class ProgressLine {
  readonly #output: Output;
  readonly #quiet: boolean;
  #last = '';

  constructor(output: Output, quiet: boolean) {
    this.#output = output;
    this.#quiet = quiet;
  }

  /** Live text for terminals; in a pipe it is not shown (use `note` for what a log should hold). */
  update(text: string): void {
    if (this.#quiet || !this.#output.isTTY || text === this.#last) return;
    const width = (this.#output.columns ?? 100) - 1;
    this.#last = text;
    this.#output.write(`\r\u001b[2K${text.length > width ? `${text.slice(0, width - 1)}…` : text}`);
  }

  /** A line that stays, also in a pipe. */
  note(text: string): void {
    if (this.#quiet) return;
    this.clear();
    this.#output.write(`${text}\n`);
  }

  /** Takes the live line away before results are printed. */
  clear(): void {
    if (this.#last !== '' && this.#output.isTTY) this.#output.write('\r\u001b[2K');
    this.#last = '';
  }
}
