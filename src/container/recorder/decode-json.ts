import {
  type AttributeValue,
  MalformedBody,
  type OtlpLogRecord,
  type OtlpSpan,
  type ResourceRecords,
} from './otlp-messages.ts';

type Json = Readonly<Record<string, unknown>>;

/** Reads a trace export request as OTLP/JSON: ids in hexadecimal, 64-bit numbers as text. */
export function decodeJsonTraces(body: string): ResourceRecords<OtlpSpan>[] {
  return decodeRequest(body, 'resourceSpans', 'scopeSpans', 'spans', (span) => ({
    traceId: text(span['traceId']).toLowerCase(),
    spanId: text(span['spanId']).toLowerCase(),
    parentSpanId: text(span['parentSpanId']).toLowerCase(),
    name: text(span['name']),
    kind: number(span['kind'], spanKinds),
    startNanos: nanos(span['startTimeUnixNano']),
    endNanos: nanos(span['endTimeUnixNano']),
    attributes: attributes(span['attributes']),
    events: list(span['events']).map((event) => ({
      nanos: nanos(event['timeUnixNano']),
      name: text(event['name']),
      attributes: attributes(event['attributes']),
    })),
    statusCode: number(record(span['status'])['code'], statusCodes),
    statusMessage: text(record(span['status'])['message']),
  }));
}

/** Reads a log export request as OTLP/JSON. */
export function decodeJsonLogs(body: string): ResourceRecords<OtlpLogRecord>[] {
  return decodeRequest(body, 'resourceLogs', 'scopeLogs', 'logRecords', (log) => ({
    nanos: nanos(log['timeUnixNano']),
    observedNanos: nanos(log['observedTimeUnixNano']),
    severityNumber: number(log['severityNumber'], []),
    severityText: text(log['severityText']),
    body: value(log['body']),
    attributes: attributes(log['attributes']),
    traceId: text(log['traceId']).toLowerCase(),
    spanId: text(log['spanId']).toLowerCase(),
  }));
}

const spanKinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (name) => `SPAN_KIND_${name}`,
);
const statusCodes = ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`);

function decodeRequest<T>(
  body: string,
  groups: string,
  scopes: string,
  records: string,
  make: (item: Json) => T,
): ResourceRecords<T>[] {
  let request: unknown;
  try {
    request = JSON.parse(body);
  } catch (cause) {
    throw new MalformedBody(cause instanceof Error ? cause.message : String(cause));
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    throw new MalformedBody('the request is no object');
  return list(record(request)[groups]).map((group) => ({
    resource: attributes(record(group['resource'])['attributes']),
    records: list(group[scopes]).flatMap((scope) => list(scope[records]).map(make)),
  }));
}

function attributes(pairs: unknown): Record<string, AttributeValue> {
  const out: Record<string, AttributeValue> = {};
  for (const pair of list(pairs)) out[text(pair['key'])] = value(pair['value']);
  return out;
}

function value(any: unknown): AttributeValue {
  const plain = unwrapped(any);
  return typeof plain === 'object' && plain !== null ? JSON.stringify(plain) : (plain as AttributeValue);
}

function unwrapped(any: unknown): unknown {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = record(any);
  if (typeof stringValue === 'string') return stringValue;
  if (typeof boolValue === 'boolean') return boolValue;
  if (intValue !== undefined) return Number(intValue);
  if (doubleValue !== undefined) return Number(doubleValue);
  if (arrayValue !== undefined) return list(record(arrayValue)['values']).map(unwrapped);
  if (kvlistValue !== undefined)
    return Object.fromEntries(
      list(record(kvlistValue)['values']).map((pair) => [text(pair['key']), unwrapped(pair['value'])]),
    );
  return typeof bytesValue === 'string' ? bytesValue : '';
}

function nanos(field: unknown): bigint {
  if (field === undefined || field === null || field === '') return 0n;
  if (typeof field === 'number' && Number.isFinite(field)) return BigInt(Math.round(field));
  if (typeof field === 'string' && /^\d{1,20}$/.test(field)) return BigInt(field);
  throw new MalformedBody(`${JSON.stringify(field)} is not a time in nanoseconds`);
}

function number(field: unknown, names: readonly string[]): number {
  if (typeof field === 'number') return field;
  return typeof field === 'string' ? Math.max(0, names.indexOf(field)) : 0;
}

function text(field: unknown): string {
  return typeof field === 'string' ? field : '';
}

function record(field: unknown): Json {
  return typeof field === 'object' && field !== null && !Array.isArray(field) ? (field as Json) : {};
}

function list(field: unknown): Json[] {
  if (field === undefined || field === null) return [];
  if (!Array.isArray(field)) throw new MalformedBody('a list was expected');
  return field.map(record);
}
