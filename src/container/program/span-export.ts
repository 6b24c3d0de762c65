import type { SpanRecord, SpanSink } from '../../workload/tracing.ts';

/** Where a process sends its finished spans. */
export interface SpanExport extends SpanSink {
  /** Sends what is buffered; settles after it was sent or given up. */
  flush(): Promise<void>;
}

/** Keeps nothing: for processes without a receiver. */
export const noSpans: SpanExport = { record(_span: SpanRecord): void {}, flush: async () => {} };
