import { mix } from '../../base/random.ts';
import { spanId, Trace, traceId, traceparent } from '../../workload/tracing.ts';

/** What a request or message brings along about who sent it. */
export interface Carried {
  /** Key of the sender's span: all that happens on its behalf is keyed by it. */
  readonly key: number;
  /** Only if it is sampled. */
  readonly trace: Trace | undefined;
  /** Id of the sender's span, if it is sampled. */
  readonly parent: string | undefined;
}

/** W3C `traceparent` of a span with this key; outside sampled traces its flag says so. */
export function traceparentOf(trace: Trace | undefined, key: number): string {
  return trace === undefined
    ? `00-${traceId(key, mix(key, 0x55))}-${spanId(key)}-00`
    : traceparent(trace, key);
}

/** Reads a `traceparent`; who sends none gets the key `fallbackKey`. */
export function readTraceparent(header: string | undefined, fallbackKey: number): Carried {
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(header ?? '');
  const [, trace, parent, flags] = match ?? [];
  if (trace === undefined || parent === undefined || flags === undefined)
    return { key: fallbackKey >>> 0, trace: undefined, parent: undefined };
  const key = Number.parseInt(parent.slice(8), 16);
  if ((Number.parseInt(flags, 16) & 1) === 0) return { key, trace: undefined, parent: undefined };
  return { key, trace: new Trace(trace, false), parent };
}
