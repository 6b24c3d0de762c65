/** What the recorder keeps of an OTLP attribute value. */
export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A span as it stands in an export request, of either encoding; times in Unix nanoseconds. */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly attributes: Attributes;
  readonly events: readonly {
    readonly nanos: bigint;
    readonly name: string;
    readonly attributes: Attributes;
  }[];
  readonly statusCode: number;
  readonly statusMessage: string;
}

/** A log record of an export request. */
export interface OtlpLogRecord {
  readonly nanos: bigint;
  readonly observedNanos: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AttributeValue;
  readonly attributes: Attributes;
  readonly traceId: string;
  readonly spanId: string;
}

/** Records of one resource: a process that sent them. */
export interface ResourceRecords<T> {
  readonly resource: Attributes;
  readonly records: readonly T[];
}

/** A body that is not what its content type says. */
export class MalformedBody extends Error {}
