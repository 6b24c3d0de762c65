import { rfc3339Nanos } from '../base/clock.ts';
import type { SpanLine } from '../spec/bundle.ts';
import type { Span } from '../spec/telemetry.ts';

/** Spans as lines of `traces.jsonl`, sanitised. */
export class SpanLines {
  readonly #text: (text: string) => string;
  /** Spans of one process share one resource object: each is looked at once. */
  readonly #resources = new WeakMap<Span['resource'], Record<string, string>>();

  /** @param text sanitises every text */
  constructor(text: (text: string) => string) {
    this.#text = text;
  }

  of(span: Span): SpanLine {
    const text = this.#text;
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
      resource: this.#resourceOf(span.resource),
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

  /** Resource attributes without those that repeat another one, a third of a span's bytes. */
  #resourceOf(resource: Span['resource']): Record<string, string> {
    let kept = this.#resources.get(resource);
    if (kept === undefined) {
      kept = {};
      for (const [name, value] of Object.entries(resource)) {
        const original = repeats[name];
        const repeated = original !== undefined && resource[original] === value;
        if (!repeated && !name.startsWith('telemetry.sdk.')) kept[name] = this.#text(value);
      }
      this.#resources.set(resource, kept);
    }
    return kept;
  }
}

const repeats: Readonly<Record<string, string>> = {
  'k8s.container.name': 'service.name',
  'service.instance.id': 'k8s.pod.uid',
  'service.namespace': 'k8s.namespace.name',
};

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  const out: Record<string, B> = {};
  for (const [name, value] of Object.entries(record)) out[name] = change(value);
  return out;
}
