import { byText } from '../base/order.ts';
import { createUniverse, type Universe } from '../entity/universe.ts';
import { entityName } from '../spec/entity-name.ts';
import { type AlertInterval, alertIntervals } from './alert-intervals.ts';
import type { Indicator, Part } from './indicator.ts';
import type { ContainerStateChange, Recording } from './recording.ts';

import { RequestIndicators } from './request-indicators.ts';

/** A recording in numbers, so that a task and its twin can be compared. Deterministic: sorted by name and subject. */
export interface WorldSummary {
  readonly baseline: readonly Indicator[];
  readonly incident: readonly Indicator[];
  readonly alerts: readonly AlertInterval[];
}

/**
 * Summarises a recording: one pass over metrics, spans and logs. Counts are of the part of the window they stand in;
 * indicators that would be zero are left out (but for requests of services that are known).
 * Subjects: `namespace/service` for requests; the folded entity, with a reason or a kind of error where there is one.
 */
export async function summarise(recording: Recording): Promise<WorldSummary> {
  const { startMs, incidentMs, endMs } = recording.window;
  const parts: readonly [Part, Part] = [
    { fromMs: startMs, toMs: incidentMs },
    { fromMs: incidentMs, toMs: endMs },
  ];
  const universe = createUniverse(recording.objects.map(({ object }) => object));
  const counts = [new Counts(), new Counts()] as const;
  const countAt = (timeMs: number, name: Indicator['name'], subject: string, by = 1) =>
    counts[timeMs < incidentMs ? 0 : 1].add(name, subject, by);

  countEvents(recording, universe, countAt);
  countContainers(recording, universe, countAt);
  countReplicas(recording, counts[1]);
  for await (const log of recording.logs()) {
    const workload = workloadOf(universe, log.namespace, log.pod);
    for await (const { timeMs, text } of log.lines)
      if (isErrorLine(text)) countAt(timeMs, 'log-errors', workload);
  }
  for await (const span of recording.spans()) {
    if (span.status !== 'ERROR') continue;
    const service = `${span.resource['k8s.namespace.name'] ?? ''}/${span.resource['service.name'] ?? ''}`;
    const error = String(span.attributes['error.type'] ?? span.statusMessage ?? 'unknown').slice(0, 120);
    countAt(
      span.startMs + span.durationNs / 1e6,
      'span-errors',
      `${service} ${span.kind.toLowerCase()} ${error}`,
    );
  }
  const requests = new RequestIndicators(parts);
  for await (const metric of recording.metrics()) requests.add(metric);
  return {
    baseline: [...requests.indicators(0), ...counts[0].indicators()],
    incident: [...requests.indicators(1), ...counts[1].indicators()],
    alerts: alertIntervals(recording.alerts),
  };
}

/** An indicator that is not the same in two summaries; `undefined`: it is in the other one only. */
export interface IndicatorDifference {
  readonly name: Indicator['name'];
  readonly subject: string;
  readonly unit: Indicator['unit'];
  readonly first: number | undefined;
  readonly second: number | undefined;
}

/** Indicators that differ, sorted by name and subject. Counts that are absent are zero and told as such. */
export function differences(
  first: readonly Indicator[],
  second: readonly Indicator[],
): readonly IndicatorDifference[] {
  const pairs = new Map<string, { -readonly [K in keyof IndicatorDifference]: IndicatorDifference[K] }>();
  for (const [side, list] of [
    ['first', first],
    ['second', second],
  ] as const)
    for (const { name, subject, unit, value } of list) {
      const id = `${name} ${subject}`;
      const absent = unit === 'count' ? 0 : undefined;
      const pair = pairs.get(id) ?? { name, subject, unit, first: absent, second: absent };
      pair[side] = value;
      pairs.set(id, pair);
    }
  return [...pairs.values()]
    .filter((pair) => pair.first !== pair.second)
    .sort(
      byText(
        ({ name }) => name,
        ({ subject }) => subject,
      ),
    );
}

type Count = (timeMs: number, name: Indicator['name'], subject: string, by?: number) => void;

class Counts {
  readonly #values = new Map<string, { name: Indicator['name']; subject: string; value: number }>();

  add(name: Indicator['name'], subject: string, by: number): void {
    const id = `${name} ${subject}`;
    const entry = this.#values.get(id);
    if (entry) entry.value += by;
    else this.#values.set(id, { name, subject, value: by });
  }

  indicators(): Indicator[] {
    return [...this.#values.values()]
      .filter(({ value }) => value !== 0)
      .map((entry) => ({ ...entry, unit: 'count' as const }))
      .sort(
        byText(
          ({ name }) => name,
          ({ subject }) => subject,
        ),
      );
  }
}

function workloadOf(universe: Universe, namespace: string, pod: string): string {
  return universe.fold(entityName({ kind: 'Pod', namespace, name: pod }));
}

function countEvents(recording: Recording, universe: Universe, count: Count): void {
  const subjects = new Map<string, string>();
  for (const event of recording.events) {
    const about = (event['involvedObject'] ?? {}) as { kind?: string; name?: string; namespace?: string };
    const kind = about.kind ?? '';
    const namespace = kind === 'Node' ? undefined : (about.namespace ?? event.metadata.namespace);
    const entity = universe.fold(entityName({ kind, name: about.name ?? '', namespace }));
    subjects.set(
      `${event.metadata.namespace ?? ''}/${event.metadata.name}`,
      `${entity} ${kind} ${String(event['reason'] ?? '')}`,
    );
  }
  for (const { timeMs, namespace, name, delta } of recording.eventOccurrences ?? []) {
    const subject = subjects.get(`${namespace}/${name}`);
    if (subject !== undefined) count(timeMs, 'events', subject, delta);
  }
}

function countContainers(recording: Recording, universe: Universe, count: Count): void {
  const last = new Map<string, ContainerStateChange>();
  for (const change of recording.containerStates ?? []) {
    const { timeMs, namespace, pod, container, state, reason, restartCount } = change;
    const workload = workloadOf(universe, namespace, pod);
    const id = `${namespace}/${pod}/${container}`;
    const restarts = restartCount - (last.get(id)?.restartCount ?? restartCount);
    if (restarts > 0) count(timeMs, 'restarts', workload, restarts);
    if (state !== 'running' && reason !== undefined)
      count(timeMs, 'container-state', `${workload} ${state} ${reason}`);
    last.set(id, change);
  }
}

/** Replicas that were wanted and not available at the end. */
function countReplicas(recording: Recording, counts: Counts): void {
  for (const { object, deletedMs } of recording.objects) {
    if (deletedMs !== undefined || !['Deployment', 'StatefulSet', 'DaemonSet'].includes(object.kind))
      continue;
    const spec = (object['spec'] ?? {}) as { replicas?: number };
    const status = (object['status'] ?? {}) as {
      availableReplicas?: number;
      numberAvailable?: number;
      desiredNumberScheduled?: number;
    };
    const wanted = object.kind === 'DaemonSet' ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1);
    const available = status.availableReplicas ?? status.numberAvailable ?? 0;
    const { name, namespace } = object.metadata;
    if (wanted > available)
      counts.add('replicas-missing', entityName({ kind: object.kind, name, namespace }), wanted - available);
  }
}

/** A line that says error or worse: by its level, in the ways logging libraries write it. */
function isErrorLine(text: string): boolean {
  return /\b(?:level|severity|lvl)["=: ]+"?(?:error|fatal|critical|panic)\b|"level":\s*"?(?:50|60)\b|^.{0,48}\b(?:ERROR|FATAL|PANIC|CRITICAL|error:)/i.test(
    text.length > 500 ? text.slice(0, 500) : text,
  );
}
