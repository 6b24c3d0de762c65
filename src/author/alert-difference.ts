import { canonicalJson } from '../base/json.ts';
import type { AlertChange } from '../capture/recording.ts';

export interface FiringAlert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Since when, epoch ms. */
  readonly sinceMs: number;
}

/** Alerts that fire at a time, by name and labels. */
export function firingAt(changes: readonly AlertChange[], timeMs: number): readonly FiringAlert[] {
  const firing = new Map<string, FiringAlert>();
  for (const change of changes) {
    if (change.timeMs > timeMs) break;
    const id = alertId(change);
    if (change.state === 'firing')
      firing.set(id, { name: change.name, labels: change.labels, sinceMs: change.timeMs });
    else firing.delete(id);
  }
  return [...firing.values()];
}

/** Alerts due to the causes: they fire at the end of the task's window, and at no time of the twin's incident. */
export function alertsDueToCauses(
  task: readonly AlertChange[],
  twin: readonly AlertChange[],
  incidentMs: number,
  endMs: number,
): readonly FiringAlert[] {
  const ordinary = new Set(
    twin.filter((change) => change.state === 'firing' && change.timeMs <= endMs).map(alertId),
  );
  return firingAt(task, endMs).filter(
    (alert) => alert.sinceMs >= incidentMs && !ordinary.has(alertId(alert)),
  );
}

export function alertId(alert: { name: string; labels: Readonly<Record<string, string>> }): string {
  return `${alert.name} ${canonicalJson(alert.labels)}`;
}
