import { byText } from '../base/order.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { KindListener } from './kind-watch.ts';
import type { EventOccurrence } from './recording.ts';

/** The fields of a core/v1 Event that tell time and count. */
interface EventFields {
  readonly count?: number | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string } | null;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
}

/** Collects Events: the last state of each, also of those the server has forgotten, and when each happened. */
export class EventCollector implements KindListener {
  readonly #events = new Map<string, { event: KubeObject; goneMs: number }>();
  readonly #occurrences: EventOccurrence[] = [];

  initial(event: KubeObject): void {
    this.#events.set(idOf(event), { event, goneMs: Number.POSITIVE_INFINITY });
  }

  changed(
    type: 'ADDED' | 'MODIFIED' | 'DELETED',
    event: KubeObject,
    previous: KubeObject | undefined,
    timeMs: number,
  ): void {
    this.#events.set(idOf(event), { event, goneMs: type === 'DELETED' ? timeMs : Number.POSITIVE_INFINITY });
    if (type === 'DELETED') return;
    const delta = countOf(event) - (previous === undefined ? 0 : countOf(previous));
    const { name, namespace = '' } = event.metadata;
    if (delta > 0) this.#occurrences.push({ timeMs, namespace, name, delta });
  }

  /** Events that were known in the window, sorted by last time and name. */
  events(startMs: number): readonly KubeObject[] {
    return [...this.#events.values()]
      .filter(({ goneMs }) => goneMs >= startMs)
      .map(({ event }) => event)
      .sort(
        byText(
          lastTimeOf,
          (event) => event.metadata.namespace ?? '',
          (event) => event.metadata.name,
        ),
      );
  }

  occurrences(startMs: number, endMs: number): readonly EventOccurrence[] {
    const byName = byText<EventOccurrence>(
      ({ namespace }) => namespace,
      ({ name }) => name,
    );
    return this.#occurrences
      .filter(({ timeMs }) => timeMs >= startMs && timeMs <= endMs)
      .sort((a, b) => a.timeMs - b.timeMs || byName(a, b));
  }
}

function idOf(event: KubeObject): string {
  return `${event.metadata.namespace ?? ''}/${event.metadata.name}`;
}

function countOf(event: KubeObject): number {
  const { count, series } = event as KubeObject & EventFields;
  return series?.count ?? count ?? 1;
}

function lastTimeOf(event: KubeObject): string {
  const { series, lastTimestamp, eventTime, firstTimestamp } = event as KubeObject & EventFields;
  return (
    series?.lastObservedTime ??
    lastTimestamp ??
    eventTime ??
    firstTimestamp ??
    event.metadata.creationTimestamp ??
    ''
  );
}
