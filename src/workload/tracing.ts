import { mix } from '../base/random.ts';

/** One distributed trace that is being recorded; a trace that is not sampled has no object at all. */
export class Trace {
  readonly id: string;
  /** Recorded only provisionally: it is kept if an error shows up in it. */
  readonly onlyIfFailed: boolean;
  failed = false;
  constructor(id: string, onlyIfFailed: boolean) {
    this.id = id;
    this.onlyIfFailed = onlyIfFailed;
  }
}

const hex8 = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

/** 32 hexadecimal digits for the request `ordinalKey` of the source `sourceKey`. */
export function traceId(sourceKey: number, ordinalKey: number): string {
  return (
    hex8(mix(sourceKey, ordinalKey)) +
    hex8(mix(ordinalKey, 0x51)) +
    hex8(mix(sourceKey ^ ordinalKey, 0x52)) +
    hex8(ordinalKey)
  );
}

/** 16 hexadecimal digits for a span's key. */
export function spanId(key: number): string {
  return hex8(mix(key, 0x53)) + hex8(key);
}

/** W3C `traceparent` header. */
export function traceparent(trace: Trace, spanKey: number): string {
  return `00-${trace.id}-${spanId(spanKey)}-01`;
}

/** Reads a W3C `traceparent`; `undefined` if it is malformed or the trace is not sampled. */
export function parseTraceparent(header: string): { traceId: string; spanId: string } | undefined {
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(header);
  if (match === null || (Number.parseInt(match[3]!, 16) & 1) === 0) return undefined;
  return { traceId: match[1]!, spanId: match[2]! };
}

export type SpanKind = 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER' | 'INTERNAL';
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** What all spans of one step have in common; made once per process. */
export interface SpanShape {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
}

/** Resource attributes of a process: `service.name`, `service.version`, `k8s.*`. */
export type Resource = Readonly<Record<string, string>>;

/** A finished span as it is kept: what varies, with references to what does not. */
export class SpanRecord {
  readonly resource: Resource;
  readonly shape: SpanShape;
  readonly trace: Trace;
  readonly key: number;
  /** Key of the parent, its id when it came over the wire, or `undefined` at the root. */
  readonly parent: number | string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** HTTP status, or 0. */
  status = 0;
  errorType: string | undefined;
  errorMessage: string | undefined;
  /** Whether the error was thrown here (a client's failure), so that it has an exception event. */
  thrown = false;
  peerAddress: string | undefined;
  resends = 0;
  constructor(
    resource: Resource,
    shape: SpanShape,
    trace: Trace,
    key: number,
    parent: number | string | undefined,
    startMs: number,
    endMs: number,
  ) {
    this.resource = resource;
    this.shape = shape;
    this.trace = trace;
    this.key = key;
    this.parent = parent;
    this.startMs = startMs;
    this.endMs = endMs;
  }
}

/** Where finished spans go. */
export interface SpanSink {
  record(span: SpanRecord): void;
}

/** A span with everything written out; OpenTelemetry names. */
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startMs: number;
  readonly durationNs: number;
  readonly resource: Resource;
  readonly attributes: Attributes;
  readonly status: 'UNSET' | 'OK' | 'ERROR';
  readonly statusMessage?: string;
  readonly events?: readonly {
    readonly name: string;
    readonly timeMs: number;
    readonly attributes: Readonly<Record<string, string>>;
  }[];
}

/** Identifiers of things in paths, e.g. of `{id}`: one of few dozen, so that requests repeat themselves. */
function fillPath(template: string, key: number): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) =>
    hex8(mix(mix(key % 48, name.length), 0x54))
      .slice(0, 6)
      .toUpperCase(),
  );
}

/** The path of a request for a template: that of its span in a trace, else one by the request's key. */
export function requestPath(template: string, trace: Trace | undefined, key: number): string {
  return fillPath(template, trace === undefined ? key : pathKey(trace));
}

const pathKey = (trace: Trace): number => trace.id.charCodeAt(9) * 31 + trace.id.charCodeAt(10);

/** Writes a kept span out in full. */
export function finishedSpan(span: SpanRecord): FinishedSpan {
  const attributes: Record<string, string | number | boolean> = { ...span.shape.attributes };
  const route = attributes['http.route'] ?? attributes['url.template'];
  if (typeof route === 'string') attributes['url.path'] = fillPath(route, pathKey(span.trace));
  if (span.status > 0) attributes['http.response.status_code'] = span.status;
  if (span.errorType !== undefined) attributes['error.type'] = span.errorType;
  if (span.peerAddress !== undefined) attributes['network.peer.address'] = span.peerAddress;
  if (span.resends > 0) attributes['http.request.resend_count'] = span.resends;
  const message = span.errorMessage;
  return {
    traceId: span.trace.id,
    spanId: spanId(span.key),
    parentSpanId: typeof span.parent === 'number' ? spanId(span.parent) : span.parent,
    name: span.shape.name,
    kind: span.shape.kind,
    startMs: span.startMs,
    durationNs: Math.round((span.endMs - span.startMs) * 1e6),
    resource: span.resource,
    attributes,
    status: span.errorType === undefined ? 'UNSET' : 'ERROR',
    ...(message === undefined ? {} : { statusMessage: message }),
    ...(message !== undefined && span.thrown
      ? {
          events: [
            {
              name: 'exception',
              timeMs: span.endMs,
              attributes: { 'exception.type': span.errorType ?? '', 'exception.message': message },
            },
          ],
        }
      : {}),
  };
}
