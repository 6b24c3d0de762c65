import type { Span } from '../../spec/telemetry.ts';
import type { Attributes, OtlpLogRecord, OtlpSpan } from './otlp-messages.ts';

/** A log record as the recorder tells it to readers. */
export interface RecordedLog {
  readonly timeMs: number;
  readonly severity: string;
  readonly body: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly attributes: Attributes;
  readonly traceId?: string;
  readonly spanId?: string;
}

const kinds: readonly Span['kind'][] = ['INTERNAL', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const statuses: readonly Span['status'][] = ['UNSET', 'OK', 'ERROR'];

/** The span for readers, or why it cannot be one. */
export function toSpan(span: OtlpSpan, resource: Readonly<Record<string, string>>): Span | string {
  if (!/^(?!0{32})[0-9a-f]{32}$/.test(span.traceId)) return 'invalid trace id';
  if (!/^(?!0{16})[0-9a-f]{16}$/.test(span.spanId)) return 'invalid span id';
  if (span.startNanos === 0n || span.endNanos < span.startNanos) return 'invalid time';
  const hasParent = span.parentSpanId !== '' && !/^0+$/.test(span.parentSpanId);
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: hasParent ? span.parentSpanId : undefined,
    name: span.name,
    kind: kinds[span.kind] ?? 'INTERNAL',
    startMs: milliseconds(span.startNanos),
    durationNs: Number(span.endNanos - span.startNanos),
    resource,
    attributes: span.attributes,
    status: statuses[span.statusCode] ?? 'UNSET',
    ...(span.statusMessage === '' ? {} : { statusMessage: span.statusMessage }),
    ...(span.events.length === 0
      ? {}
      : {
          events: span.events.map(({ nanos, name, attributes }) => ({
            name,
            timeMs: milliseconds(nanos),
            attributes: texts(attributes),
          })),
        }),
  };
}

/** The log record for readers; a record without a time has the time it was observed. */
export function toLog(log: OtlpLogRecord, resource: Readonly<Record<string, string>>): RecordedLog | string {
  const nanos = log.nanos === 0n ? log.observedNanos : log.nanos;
  if (nanos === 0n) return 'invalid time';
  return {
    timeMs: milliseconds(nanos),
    severity: log.severityText === '' ? severityName(log.severityNumber) : log.severityText,
    body: String(log.body),
    resource,
    attributes: log.attributes,
    ...(log.traceId === '' ? {} : { traceId: log.traceId }),
    ...(log.spanId === '' ? {} : { spanId: log.spanId }),
  };
}

/** Attributes as text, as those of resources are. */
export function texts(attributes: Attributes): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)]));
}

function milliseconds(nanos: bigint): number {
  return Number(nanos / 1_000_000n) + Number(nanos % 1_000_000n) / 1e6;
}

function severityName(number: number): string {
  return ['', 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'][Math.ceil(number / 4)] ?? '';
}
