import type { Recording } from '../capture/recording.ts';
import type { PrometheusClient } from '../cluster/cluster.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Condition, Expectation } from '../spec/plan.ts';

/** When a condition was first seen in the incident (epoch ms), a word on what was seen, and how often it was. */
export interface Sighting {
  readonly timeMs: number;
  readonly seen: string;
  readonly times: number;
}

/** What became of one expectation in the task, judged as a difference to the twin. */
export interface ExpectationResult {
  readonly expectation: Expectation;
  readonly met: boolean;
  /** Milliseconds after the start of the incident; absent if never seen. */
  readonly seenAfterMs?: number;
  /** For people: what was seen, or what was seen instead. */
  readonly detail: string;
}

/**
 * Looks for each condition in the incident part of a recording: one pass over logs and one over spans, whatever the
 * number of conditions. Answers the first sighting of each, in order; `undefined` where nothing was seen.
 */
export async function sightings(
  conditions: readonly Condition[],
  recording: Recording,
  prometheus: PrometheusClient,
): Promise<readonly (Sighting | undefined)[]> {
  const found: (Sighting | undefined)[] = conditions.map(() => undefined);
  const note = (index: number, timeMs: number, seen: string) => {
    const earlier = found[index];
    const times = (earlier?.times ?? 0) + 1;
    found[index] =
      earlier !== undefined && earlier.timeMs <= timeMs ? { ...earlier, times } : { timeMs, seen, times };
  };
  const { incidentMs, endMs } = recording.window;
  const inIncident = (timeMs: number) => timeMs >= incidentMs && timeMs <= endMs;
  const ofType = <T extends Condition['type']>(type: T) =>
    conditions.flatMap((condition, index) =>
      condition.type === type ? [{ index, condition: condition as Extract<Condition, { type: T }> }] : [],
    );

  for (const { index, condition } of ofType('event')) {
    for (const event of recording.events) {
      const timeMs = firstTimeSince(event, incidentMs);
      if (timeMs === undefined || !inIncident(timeMs) || !eventMatches(event, condition)) continue;
      note(index, timeMs, `${String(event['reason'])}: ${String(event['message'])}`);
    }
  }
  for (const { index, condition } of ofType('alert')) {
    for (const change of recording.alerts) {
      if (change.state !== 'firing' || change.name !== condition.name || !inIncident(change.timeMs)) continue;
      if (!Object.entries(condition.labels ?? {}).every(([name, value]) => change.labels[name] === value))
        continue;
      note(index, change.timeMs, `${change.name} ${JSON.stringify(change.labels)}`);
    }
  }
  for (const { index, condition } of ofType('container')) {
    for (const state of recording.containerStates ?? []) {
      if (state.namespace !== condition.namespace || !inIncident(state.timeMs)) continue;
      if (state.reason === condition.reason && belongsTo(state.pod, condition.workload))
        note(index, state.timeMs, `${state.pod}: ${condition.reason}`);
    }
  }
  const logs = ofType('log').map(({ index, condition }) => ({
    index,
    condition,
    pattern: new RegExp(condition.pattern),
  }));
  if (logs.length > 0) {
    for await (const log of recording.logs()) {
      const wanted = logs.filter(
        ({ condition }) => condition.namespace === log.namespace && belongsTo(log.pod, condition.workload),
      );
      if (wanted.length === 0) continue;
      for await (const line of log.lines) {
        if (!inIncident(line.timeMs)) continue;
        for (const { index, condition, pattern } of wanted)
          if (line.timeMs >= incidentMs + (condition.afterMs ?? 0) && pattern.test(line.text))
            note(index, line.timeMs, `${log.pod}: ${line.text}`);
      }
    }
  }
  const spans = ofType('span').map(({ index, condition }) => ({
    index,
    condition,
    pattern: new RegExp(condition.pattern),
  }));
  if (spans.length > 0) {
    for await (const span of recording.spans()) {
      if (span.status !== 'ERROR') continue;
      const timeMs = span.startMs + span.durationNs / 1e6;
      if (!inIncident(timeMs)) continue;
      const text = `${span.statusMessage ?? ''} ${String(span.attributes['error.type'] ?? '')}`;
      for (const { index, condition, pattern } of spans)
        if (span.resource['service.name'] === condition.service && pattern.test(text))
          note(index, timeMs, `${span.name}: ${text.trim()}`);
    }
  }
  for (const { index, condition } of ofType('metric')) {
    for (const series of await prometheus.queryRange(condition.expression, incidentMs, endMs, 15_000)) {
      const sample = series.values.find(([, value]) => Number.isFinite(value) && value !== 0);
      if (sample) note(index, sample[0] * 1000, `${JSON.stringify(series.metric)} = ${sample[1]}`);
    }
  }
  return found;
}

/**
 * Judges expectations: `must` ones have to be seen in time and, but for those of distractors (`inTwin`), not in the twin;
 * the others never.
 */
export function judge(
  expectations: readonly Expectation[],
  incidentMs: number,
  task: readonly (Sighting | undefined)[],
  twin: readonly (Sighting | undefined)[],
  instead: (condition: Condition) => string,
): readonly ExpectationResult[] {
  return expectations.map((expectation, index) => {
    const seen = task[index];
    const inTwin = twin[index];
    const seenAfterMs = seen === undefined ? {} : { seenAfterMs: Math.round(seen.timeMs - incidentMs) };
    if (!expectation.must) {
      // what happens without the causes as well is not the fault's doing
      const met = seen === undefined || inTwin !== undefined;
      return {
        expectation,
        met,
        ...seenAfterMs,
        detail: seen === undefined ? 'not seen, as expected' : `seen: ${seen.seen}`,
      };
    }
    if (seen === undefined)
      return { expectation, met: false, detail: `not seen; ${instead(expectation.condition)}` };
    if (inTwin !== undefined && expectation.inTwin !== true)
      return {
        expectation,
        met: false,
        ...seenAfterMs,
        detail: `seen without the causes as well: ${inTwin.seen}`,
      };
    const met = seen.timeMs - incidentMs <= expectation.withinMs;
    return {
      expectation,
      met,
      ...seenAfterMs,
      detail: met ? seen.seen : `seen too late (allowed ${expectation.withinMs} ms): ${seen.seen}`,
    };
  });
}

/** A pod (or an object a controller made) belongs to the workload whose name it begins with. */
export function belongsTo(name: string, workload: string): boolean {
  if (name === workload) return true;
  if (!name.startsWith(`${workload}-`)) return false;
  // `cart` must not claim the pods of `cart-cache`: what follows is a hash and a suffix, an ordinal, or one of them
  return /^(?:[a-z0-9]{5,10}(?:-[a-z0-9]{5})?|\d+)$/.test(name.slice(workload.length + 1));
}

function eventMatches(event: KubeObject, condition: Extract<Condition, { type: 'event' }>): boolean {
  const about = (event['involvedObject'] ?? {}) as { kind?: string; name?: string; namespace?: string };
  if (event['reason'] !== condition.reason) return false;
  const namespace = about.namespace ?? event.metadata.namespace;
  if (about.kind !== 'Node' && namespace !== condition.namespace) return false;
  if (condition.kind !== undefined && about.kind !== condition.kind) return false;
  if (condition.name !== undefined && !belongsTo(about.name ?? '', condition.name)) return false;
  return (
    condition.message === undefined || new RegExp(condition.message).test(String(event['message'] ?? ''))
  );
}

/** First time an event is known to have happened at or after `sinceMs`: its first time, or its last if that was before. */
function firstTimeSince(event: KubeObject, sinceMs: number): number | undefined {
  const times = [event['eventTime'], event['firstTimestamp'], event['lastTimestamp']]
    .map((text) => (typeof text === 'string' ? Date.parse(text) : Number.NaN))
    .filter((timeMs) => Number.isFinite(timeMs));
  // Kubernetes writes whole seconds: what happened in the incident's first second carries an earlier stamp
  const since = Math.floor(sinceMs / 1000) * 1000;
  const after = times.filter((timeMs) => timeMs >= since);
  return after.length === 0 ? undefined : Math.max(sinceMs, Math.min(...after));
}
