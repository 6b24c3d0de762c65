import type { Span } from '../../spec/telemetry.ts';
import { decodeJsonLogs, decodeJsonTraces } from './decode-json.ts';
import { decodeLogs, decodeTraces } from './decode-protobuf.ts';
import type { Losses } from './losses.ts';
import type { OtlpLogRecord, OtlpSpan, ResourceRecords } from './otlp-messages.ts';
import type { PodAttributes } from './pod-directory.ts';
import type { SegmentStore } from './segment-store.ts';
import { texts, toLog, toSpan } from './to-span.ts';

export type Signal = 'traces' | 'logs';

export interface CollectorOptions {
  readonly spans: SegmentStore;
  readonly logs: SegmentStore;
  readonly losses: Losses;
  /** What is known of the sender with this address. */
  readonly senderOf?: (address: string) => PodAttributes | undefined;
}

/** How much of a request was taken. */
export interface Taken {
  readonly accepted: number;
  readonly rejected: number;
  /** Reasons of the rejections, for the answer. */
  readonly why: string;
}

/** Takes export requests apart, says where the records came from, and keeps them. */
export class Collector {
  readonly #options: CollectorOptions;
  readonly accepted = { traces: 0, logs: 0 };

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Whether senders of this signal should wait. */
  isBusy(signal: Signal): boolean {
    return this.#store(signal).isBusy;
  }

  /** Keeps what an export request holds; throws MalformedBody if it is none. */
  take(signal: Signal, encoding: 'protobuf' | 'json', body: Buffer, address: string): Taken {
    return signal === 'traces'
      ? this.#keep(
          signal,
          encoding === 'json' ? decodeJsonTraces(body.toString('utf8')) : decodeTraces(body),
          address,
          (record: OtlpSpan, resource) => {
            const span = toSpan(record, resource);
            return typeof span === 'string' ? span : { timeMs: endOf(span), value: span };
          },
        )
      : this.#keep(
          signal,
          encoding === 'json' ? decodeJsonLogs(body.toString('utf8')) : decodeLogs(body),
          address,
          (record: OtlpLogRecord, resource) => {
            const log = toLog(record, resource);
            return typeof log === 'string' ? log : { timeMs: log.timeMs, value: log };
          },
        );
  }

  #keep<T>(
    signal: Signal,
    groups: readonly ResourceRecords<T>[],
    address: string,
    make: (record: T, resource: Record<string, string>) => { timeMs: number; value: unknown } | string,
  ): Taken {
    const why = new Set<string>();
    let accepted = 0;
    let rejected = 0;
    for (const group of groups) {
      const resource = this.#resourceOf(texts(group.resource), address);
      for (const record of group.records) {
        const made = make(record, resource);
        if (typeof made === 'string') {
          rejected++;
          why.add(made);
          this.#options.losses.count(`${signal} refused: ${made}`);
        } else {
          accepted++;
          this.#store(signal).append(made.timeMs, JSON.stringify(made.value));
        }
      }
    }
    this.accepted[signal] += accepted;
    return { accepted, rejected, why: [...why].join(', ') };
  }

  /** What the sender did not say of its pod is said by its address. */
  #resourceOf(resource: Record<string, string>, address: string): Record<string, string> {
    const sender = this.#options.senderOf?.(address);
    if (sender === undefined) return resource;
    // a collector on the way sends for others: then the address is its own and says nothing of them
    const said = resource['k8s.pod.uid'] ?? resource['k8s.pod.name'];
    if (said !== undefined && said !== sender['k8s.pod.uid'] && said !== sender['k8s.pod.name'])
      return resource;
    return { ...sender, ...resource };
  }

  #store(signal: Signal): SegmentStore {
    return signal === 'traces' ? this.#options.spans : this.#options.logs;
  }
}

function endOf(span: Span): number {
  return span.startMs + span.durationNs / 1e6;
}
