import protobuf from 'protobufjs/minimal.js';
import {
  type Attributes,
  type AttributeValue,
  MalformedBody,
  type OtlpLogRecord,
  type OtlpSpan,
  type ResourceRecords,
} from './otlp-messages.ts';

type Reader = protobuf.Reader;
/** Reads a field of a message into what is being made; false: the field is not wanted. */
type Field<T> = (reader: Reader, into: T) => void;

/**
 * Reads an `ExportTraceServiceRequest`. The messages are described below by the numbers of their fields, so that
 * 64-bit times stay exact and nothing is made that is not kept.
 */
export function decodeTraces(body: Uint8Array): ResourceRecords<OtlpSpan>[] {
  return decodeRequest(body, span);
}

/** Reads an `ExportLogsServiceRequest`. */
export function decodeLogs(body: Uint8Array): ResourceRecords<OtlpLogRecord>[] {
  return decodeRequest(body, logRecord);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function decodeRequest<T>(body: Uint8Array, record: (reader: Reader) => T): ResourceRecords<T>[] {
  const found: ResourceRecords<T>[] = [];
  // ResourceSpans and ResourceLogs, ScopeSpans and ScopeLogs have the same shape
  const scope: Record<number, Field<T[]>> = { 2: (reader, records) => records.push(record(reader)) };
  const resource: Record<number, Field<Record<string, AttributeValue>>> = { 1: attribute };
  const group: Record<number, Field<{ resource: Record<string, AttributeValue>; records: T[] }>> = {
    1: (reader, into) => message(reader, resource, into.resource),
    2: (reader, into) => message(reader, scope, into.records),
  };
  const request: Record<number, Field<ResourceRecords<T>[]>> = {
    1: (reader, into) => into.push(message(reader, group, { resource: {}, records: [] })),
  };
  try {
    fields(protobuf.Reader.create(body), body.length, request, found);
  } catch (cause) {
    throw new MalformedBody(cause instanceof Error ? cause.message : String(cause));
  }
  return found;
}

/** Reads an embedded message that stands in front of the reader. */
function message<T>(reader: Reader, known: Readonly<Record<number, Field<T>>>, into: T): T {
  const length = reader.uint32();
  if (reader.pos + length > reader.len) throw new RangeError('a message ends before its length');
  return fields(reader, reader.pos + length, known, into);
}

function fields<T>(reader: Reader, end: number, known: Readonly<Record<number, Field<T>>>, into: T): T {
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = known[tag >>> 3];
    if (field === undefined) reader.skipType(tag & 7);
    else field(reader, into);
  }
  if (reader.pos !== end) throw new RangeError('a field passes the end of its message');
  return into;
}

const hex = (reader: Reader): string => Buffer.from(reader.bytes()).toString('hex');

function fixed64(reader: Reader): bigint {
  const low = reader.fixed32();
  return (BigInt(reader.fixed32()) << 32n) | BigInt(low);
}

/** A `KeyValue` whose value is a text, a number or a truth; others are written as JSON. */
function attribute(reader: Reader, into: Record<string, AttributeValue>): void {
  const { key, value } = message(reader, keyValue, { key: '', value: '' as unknown });
  into[key] = plain(value);
}

function plain(value: unknown): AttributeValue {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as AttributeValue);
}

const keyValue: Record<number, Field<{ key: string; value: unknown }>> = {
  1: (reader, into) => {
    into.key = reader.string();
  },
  2: (reader, into) => {
    into.value = message(reader, anyValue, { value: '' as unknown }).value;
  },
};

const anyValue: Record<number, Field<{ value: unknown }>> = {
  1: (reader, into) => {
    into.value = reader.string();
  },
  2: (reader, into) => {
    into.value = reader.bool();
  },
  3: (reader, into) => {
    into.value = Number(reader.int64());
  },
  4: (reader, into) => {
    into.value = reader.double();
  },
  5: (reader, into) => {
    const items: Record<number, Field<unknown[]>> = {
      1: (inner, list) => list.push(message(inner, anyValue, { value: '' as unknown }).value),
    };
    into.value = message(reader, items, []);
  },
  6: (reader, into) => {
    const items: Record<number, Field<Record<string, unknown>>> = {
      1: (inner, map) => {
        const { key, value } = message(inner, keyValue, { key: '', value: '' as unknown });
        map[key] = value;
      },
    };
    into.value = message(reader, items, {});
  },
  7: (reader, into) => {
    into.value = Buffer.from(reader.bytes()).toString('base64');
  },
};

interface SpanInProgress extends Mutable<OtlpSpan> {
  attributes: Record<string, AttributeValue>;
  events: { nanos: bigint; name: string; attributes: Attributes }[];
}

function span(reader: Reader): OtlpSpan {
  return message<SpanInProgress>(reader, spanFields, {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    name: '',
    kind: 0,
    startNanos: 0n,
    endNanos: 0n,
    attributes: {},
    events: [],
    statusCode: 0,
    statusMessage: '',
  });
}

const spanFields: Record<number, Field<SpanInProgress>> = {
  1: (reader, into) => {
    into.traceId = hex(reader);
  },
  2: (reader, into) => {
    into.spanId = hex(reader);
  },
  4: (reader, into) => {
    into.parentSpanId = hex(reader);
  },
  5: (reader, into) => {
    into.name = reader.string();
  },
  6: (reader, into) => {
    into.kind = reader.int32();
  },
  7: (reader, into) => {
    into.startNanos = fixed64(reader);
  },
  8: (reader, into) => {
    into.endNanos = fixed64(reader);
  },
  9: (reader, into) => attribute(reader, into.attributes),
  11: (reader, into) => {
    into.events.push(
      message(reader, eventFields, { nanos: 0n, name: '', attributes: {} as Record<string, AttributeValue> }),
    );
  },
  15: (reader, into) => message(reader, statusFields, into),
};

const eventFields: Record<
  number,
  Field<{ nanos: bigint; name: string; attributes: Record<string, AttributeValue> }>
> = {
  1: (reader, into) => {
    into.nanos = fixed64(reader);
  },
  2: (reader, into) => {
    into.name = reader.string();
  },
  3: (reader, into) => attribute(reader, into.attributes),
};

const statusFields: Record<number, Field<{ statusCode: number; statusMessage: string }>> = {
  2: (reader, into) => {
    into.statusMessage = reader.string();
  },
  3: (reader, into) => {
    into.statusCode = reader.int32();
  },
};

interface LogInProgress extends Mutable<OtlpLogRecord> {
  attributes: Record<string, AttributeValue>;
}

function logRecord(reader: Reader): OtlpLogRecord {
  return message<LogInProgress>(reader, logFields, {
    nanos: 0n,
    observedNanos: 0n,
    severityNumber: 0,
    severityText: '',
    body: '',
    attributes: {},
    traceId: '',
    spanId: '',
  });
}

const logFields: Record<number, Field<LogInProgress>> = {
  1: (reader, into) => {
    into.nanos = fixed64(reader);
  },
  2: (reader, into) => {
    into.severityNumber = reader.int32();
  },
  3: (reader, into) => {
    into.severityText = reader.string();
  },
  5: (reader, into) => {
    into.body = plain(message(reader, anyValue, { value: '' as unknown }).value);
  },
  6: (reader, into) => attribute(reader, into.attributes),
  9: (reader, into) => {
    into.traceId = hex(reader);
  },
  10: (reader, into) => {
    into.spanId = hex(reader);
  },
  11: (reader, into) => {
    into.observedNanos = fixed64(reader);
  },
};
