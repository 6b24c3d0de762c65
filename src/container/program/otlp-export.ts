import {
  type HrTime,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace as traces,
} from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes, type Resource as SdkResource } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Level, LogEntry } from '../../workload/logger.ts';
import { finishedSpan, type Resource, type SpanRecord, spanId } from '../../workload/tracing.ts';
import type { TelemetryExport } from './telemetry-export.ts';

/** Short, so that little is lost with a process that is killed. */
const delayMs = 1000;

const severities: Readonly<Record<Level, SeverityNumber>> = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};

/** The OpenTelemetry SDK, sending batches of spans and log records as protobuf to `<endpoint>/v1/…`. */
export function otlpExport(endpoint: string): TelemetryExport {
  const spans = new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }), {
    scheduledDelayMillis: delayMs,
  });
  const resources = new WeakMap<Resource, { readonly sdk: SdkResource; readonly logs: LoggerProvider }>();
  const providers = new Set<LoggerProvider>();
  const of = (resource: Resource) => {
    let known = resources.get(resource);
    if (known === undefined) {
      const sdk = sdkResource(resource);
      const exporter = new OTLPLogExporter({ url: `${endpoint}/v1/logs` });
      const processor = new BatchLogRecordProcessor({ exporter, scheduledDelayMillis: delayMs });
      const logs = new LoggerProvider({ resource: sdk, processors: [processor] });
      providers.add(logs);
      known = { sdk, logs };
      resources.set(resource, known);
    }
    return known;
  };
  return {
    record: (span) => spans.onEnd(readableSpan(span, of(span.resource).sdk)),
    log: (resource, entry) => emit(of(resource).logs, entry),
    flush: async () => {
      const all = [spans.forceFlush(), ...[...providers].map((logs) => logs.forceFlush())];
      await Promise.allSettled(all);
    },
  };
}

/** What is not known to the process is left to the receiver. */
function sdkResource(resource: Resource): SdkResource {
  return resourceFromAttributes(
    Object.fromEntries(Object.entries(resource).filter(([, text]) => text !== '')),
  );
}

function emit(logs: LoggerProvider, entry: LogEntry): void {
  const { trace } = entry;
  logs.getLogger('app').emit({
    severityNumber: severities[entry.level],
    severityText: entry.level.toUpperCase(),
    body: entry.message,
    attributes: { ...entry.fields },
    ...(trace === undefined
      ? {}
      : { context: traces.setSpanContext(ROOT_CONTEXT, sampled(trace.id, spanId(entry.spanKey))) }),
  });
}

const sampled = (traceId: string, id: string): SpanContext => ({
  traceId,
  spanId: id,
  traceFlags: TraceFlags.SAMPLED,
});

/** Epoch milliseconds as seconds and nanoseconds, plus nanoseconds. */
function hrTime(ms: number, plusNs = 0): HrTime {
  const seconds = Math.floor(ms / 1000);
  const ns = Math.round((ms - seconds * 1000) * 1e6) + plusNs;
  return [seconds + Math.floor(ns / 1e9), ns % 1e9];
}

/** A span of the interpreter as the SDK's exporters take it. */
export function readableSpan(record: SpanRecord, resource: SdkResource): ReadableSpan {
  const span = finishedSpan(record);
  const context = sampled(span.traceId, span.spanId);
  return {
    name: span.name,
    kind: SpanKind[span.kind],
    spanContext: () => context,
    ...(span.parentSpanId === undefined
      ? {}
      : {
          parentSpanContext: {
            ...sampled(span.traceId, span.parentSpanId),
            isRemote: typeof record.parent === 'string',
          },
        }),
    startTime: hrTime(span.startMs),
    endTime: hrTime(span.startMs, span.durationNs),
    duration: hrTime(0, span.durationNs),
    status: {
      code: SpanStatusCode[span.status],
      ...(span.statusMessage === undefined ? {} : { message: span.statusMessage }),
    },
    attributes: span.attributes,
    links: [],
    events: (span.events ?? []).map(({ name, timeMs, attributes }) => ({
      name,
      time: hrTime(timeMs),
      attributes,
    })),
    ended: true,
    resource,
    instrumentationScope: { name: 'app' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
