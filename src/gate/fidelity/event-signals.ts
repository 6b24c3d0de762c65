import { entityName } from '../../entity/entity-name.ts';
import type { Universe } from '../../entity/universe.ts';
import type { EventLine } from '../../spec/bundle.ts';
import type { BundleSignals } from './bundle-signals.ts';

type EventParts = EventLine & {
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly lastObservedTime?: string } | null;
};

/**
 * Events about nodes and objects in namespaces of `scope` that happened at `startMs` or later. Probes of a pod that was told
 * to end are told apart from those of one that is to serve.
 */
export async function readEvents(
  lines: AsyncIterable<EventLine>,
  universe: Pick<Universe, 'fold'>,
  scope: ReadonlySet<string>,
  startMs: number,
): Promise<Pick<BundleSignals, 'events' | 'eventReasons'>> {
  const events = new Set<string>();
  const eventReasons = new Set<string>();
  // when pods were told to end
  const endings = new Map<string, number>();
  for await (const event of lines) {
    const { involvedObject, reason, message, lastTimestamp, eventTime, series } = event as EventParts;
    const { kind = '', name = '', namespace } = involvedObject;
    const lastMs = Date.parse(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? '');
    if (lastMs < startMs) continue;
    if (kind !== 'Node' && !scope.has(namespace ?? '')) continue;
    const entity = universe.fold(
      entityName({ kind, name, namespace: kind === 'Node' ? undefined : namespace }),
    );
    const pod = `${namespace}/${name}`;
    if (reason === 'Killing' && message?.startsWith('Stopping container') === true) endings.set(pod, lastMs);
    const isEnding = reason === 'Unhealthy' && lastMs >= (endings.get(pod) ?? Number.POSITIVE_INFINITY);
    const ending = isEnding ? ', ending' : '';
    events.add(`${reason} ${kind} ${entity}${ending}`);
    eventReasons.add(`${reason}${ending}`);
  }
  return { events, eventReasons };
}
