import {
  type FinishedSpan,
  finishedSpan,
  type SpanRecord,
  type SpanSink,
} from '../../../workload/tracing.ts';

/** All spans that processes finished, in the order of their ends; written out only when read. */
export class RecordedSpans implements SpanSink {
  readonly #spans: SpanRecord[] = [];
  record(span: SpanRecord): void {
    this.#spans.push(span);
  }
  /** Spans kept provisionally are counted only if their trace has failed. */
  get size(): number {
    let size = 0;
    for (const span of this.#spans) if (!span.trace.onlyIfFailed || span.trace.failed) size++;
    return size;
  }
  /** Spans that ended in [fromMs, toMs). */
  *between(fromMs: number, toMs: number): Generator<FinishedSpan> {
    const spans = this.#spans;
    let low = 0;
    let high = spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (spans[middle]!.endMs < fromMs) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < spans.length; i++) {
      const span = spans[i]!;
      if (span.endMs >= toMs) return;
      if (!span.trace.onlyIfFailed || span.trace.failed) yield finishedSpan(span);
    }
  }
}
