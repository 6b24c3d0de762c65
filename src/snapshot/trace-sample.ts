import { hash32, mix } from '../base/random.ts';

interface KeptSpan {
  readonly traceKey: number;
  readonly order: string;
  readonly line: string;
}

/**
 * Spans within a budget. When there are too many, whole traces are left out, half of what is left at a time; which
 * ones depends on the trace id only, so that the answer is the same in whatever order spans come.
 */
export class TraceSample {
  readonly #budget: number;
  #spans: KeptSpan[] = [];
  #bytes = 0;
  #halvings = 0;

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes;
  }

  /** @param order text by which spans are sorted in the file */
  add(traceId: string, order: () => string, line: () => string): void {
    const traceKey = mix(hash32(traceId), 0x7ace);
    if (!this.#keeps(traceKey)) return;
    const text = line();
    this.#spans.push({ traceKey, order: order(), line: text });
    this.#bytes += text.length + 1;
    while (this.#bytes > this.#budget && this.#halvings < 32) {
      this.#halvings++;
      this.#spans = this.#spans.filter((span) => this.#keeps(span.traceKey));
      this.#bytes = this.#spans.reduce((sum, span) => sum + span.line.length + 1, 0);
    }
  }

  /** Share of recorded traces that were kept: 1, ½, ¼, … */
  get share(): number {
    return 1 / 2 ** this.#halvings;
  }

  lines(): readonly string[] {
    return this.#spans
      .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
      .map((span) => span.line);
  }

  #keeps(traceKey: number): boolean {
    return traceKey < 2 ** (32 - this.#halvings);
  }
}
