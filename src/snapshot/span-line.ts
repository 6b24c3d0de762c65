import { rfc3339Nanos } from '../base/clock.ts';
import type { SpanLine } from '../spec/bundle.ts';
import type { Span } from '../spec/telemetry.ts';

/** A span as a line of `traces.jsonl`. `text` sanitises every text. */
export function spanLine(span: Span, text: (text: string) => string): SpanLine {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: text(span.name),
    kind: span.kind,
    start: rfc3339Nanos(span.startMs),
    durationNs: Math.max(0, Math.round(span.durationNs)),
    status: span.status,
    ...(span.statusMessage === undefined ? {} : { statusMessage: text(span.statusMessage) }),
    resource: mapValues(span.resource, text),
    attributes: mapValues(span.attributes, (value) => (typeof value === 'string' ? text(value) : value)),
    ...(span.events === undefined || span.events.length === 0
      ? {}
      : {
          events: span.events.map((event) => ({
            name: text(event.name),
            time: rfc3339Nanos(event.timeMs),
            attributes: mapValues(event.attributes, text),
          })),
        }),
  };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  const out: Record<string, B> = {};
  for (const [name, value] of Object.entries(record)) out[name] = change(value);
  return out;
}
