import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import type { AlertChange } from './recording.ts';

/** A time in which an alert was pending or firing. */
export interface AlertInterval {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  readonly fromMs: number;
  /** Absent if it still was at the end of the window. */
  readonly toMs?: number;
}

/** Changes of alerts as intervals, sorted by name, labels and time. */
export function alertIntervals(changes: readonly AlertChange[]): readonly AlertInterval[] {
  const intervals: AlertInterval[] = [];
  const open = new Map<string, AlertInterval>();
  for (const { timeMs, state, name, labels } of changes) {
    const id = `${name} ${canonicalJson(labels)}`;
    const before = open.get(id);
    if (before !== undefined) {
      intervals.push({ ...before, toMs: timeMs });
      open.delete(id);
    }
    if (state !== 'inactive') open.set(id, { name, labels, state, fromMs: timeMs });
  }
  intervals.push(...open.values());
  const order = byText<AlertInterval>(
    ({ name }) => name,
    ({ labels }) => canonicalJson(labels),
  );
  return intervals.sort((a, b) => order(a, b) || a.fromMs - b.fromMs);
}
