import type { Application } from '../../spec/application.ts';
import type { CounterfactualWorld } from '../../spec/counterfactuals.ts';
import { alertId } from '../alert-difference.ts';

/** Something that tells of an incident: an alert due to causes, an indicator that users feel, an entity that suffers. */
export interface Sign {
  readonly type: 'alert' | 'indicator' | 'symptom';
  /** Equal for the same sign of two worlds. */
  readonly id: string;
  /** For people. */
  readonly text: string;
}

type Seen = Pick<CounterfactualWorld, 'alerts' | 'indicators' | 'symptoms'>;

/** Everything a world shows: what users feel first, then alerts, then who suffers. */
export function signsOf(world: Seen): readonly Sign[] {
  return [
    ...world.indicators
      .filter(({ felt }) => felt)
      .map(({ name }): Sign => ({ type: 'indicator', id: name, text: name })),
    ...world.alerts.map(
      (alert): Sign => ({
        type: 'alert',
        id: alertId(alert),
        text: `alert ${alert.name} ${labelText(alert.labels)}`.trim(),
      }),
    ),
    ...world.symptoms.map((entity): Sign => ({ type: 'symptom', id: entity, text: entity })),
  ];
}

/** Whether a sign that one world shows is less in another: gone, or for an indicator at least its threshold away. */
export function eases(sign: Sign, from: Seen, to: Seen, application: Application): boolean {
  if (sign.type !== 'indicator')
    return !signsOf(to).some(({ type, id }) => type === sign.type && id === sign.id);
  const before = incidentValue(from, sign.id);
  const after = incidentValue(to, sign.id);
  if (before === null || after === null) return before !== after;
  const threshold = application.file.indicators.find(({ name }) => name === sign.id)?.threshold ?? 0;
  return Math.abs(before - after) >= threshold;
}

/** Value of an indicator in the incident, for people. */
export function valueText(world: Seen, indicator: string): string {
  const value = incidentValue(world, indicator);
  return value === null ? 'no data' : Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

/** Whether an indicator got worse from one value to another by at least its threshold; no data is the worst. */
export function isWorse(
  indicator: { readonly unit: string; readonly threshold: number },
  before: number | null | undefined,
  after: number | null | undefined,
): boolean {
  if (after === null || after === undefined) return before !== null && before !== undefined;
  if (before === null || before === undefined) return false;
  // of what is counted per second less is worse, of shares of errors and waiting times more
  const by = indicator.unit === 'per-second' ? before - after : after - before;
  return by >= indicator.threshold;
}

function incidentValue(world: Seen, indicator: string): number | null {
  return world.indicators.find(({ name }) => name === indicator)?.incident ?? null;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
