import { byText } from '../../base/order.ts';
import { summarise, type WorldSummary } from '../../capture/summary.ts';
import type { PrometheusClient } from '../../cluster/cluster.ts';
import type { Application } from '../../spec/application.ts';
import type { CounterfactualWorld } from '../../spec/counterfactuals.ts';
import type { Recording } from '../../spec/recording.ts';
import { alertId, alertsDueToCauses } from '../alert-difference.ts';
import { type IndicatorValue, indicatorShifts, measureIndicators } from '../indicators.ts';
import { deriveSymptoms } from '../symptoms.ts';
import { entitiesOfWorld } from '../world-entities.ts';

/** What other worlds are compared with. */
export interface TwinView {
  readonly recording: Recording;
  readonly summary: WorldSummary;
  readonly indicators: readonly IndicatorValue[];
}

/** What a world showed, as a difference to the twin. `causes` (folded) are no symptoms. */
export async function observe(
  world: { readonly recording: Recording; readonly prometheus: PrometheusClient },
  twin: TwinView,
  application: Application,
  causes: ReadonlySet<string>,
): Promise<Omit<CounterfactualWorld, 'names' | 'operations'>> {
  const { recording } = world;
  const { incidentMs, endMs } = recording.window;
  const values = await measureIndicators(world.prometheus, application, recording.window);
  const alerts = alertsDueToCauses(recording.alerts, twin.recording.alerts, incidentMs, endMs);
  const entities = entitiesOfWorld(recording);
  const symptoms = deriveSymptoms(
    await summarise(recording),
    twin.summary,
    alerts.map(({ name, labels }) => ({ name, labels, afterMs: 0 })),
    entities.ofService,
    entities.ofAlert,
    causes,
  );
  return {
    alerts: alertRows(alerts),
    indicators: indicatorRows(application, values, twin.indicators),
    symptoms: symptoms.map(({ entity }) => entity),
  };
}

/** Indicators of a world with what users feel of the difference to the twin. */
export function indicatorRows(
  application: Application,
  values: readonly IndicatorValue[],
  twin: readonly IndicatorValue[],
): CounterfactualWorld['indicators'] {
  const shifts = indicatorShifts(application, values, twin);
  return values.map(({ name, unit, baseline, incident }, index) => ({
    name,
    unit,
    baseline: baseline ?? null,
    incident: incident ?? null,
    felt: shifts[index]?.felt ?? false,
  }));
}

/** Labels that are another pod's in another world, or say nothing of whom an alert is about. */
const passing = new Set(['pod', 'instance', 'job', 'endpoint', 'uid', 'severity']);

/** Alerts as worlds are compared by them: without the labels that differ from world to world, each once. */
export function alertRows(
  alerts: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[],
): CounterfactualWorld['alerts'] {
  const rows = alerts.map(({ name, labels }) => ({
    name,
    labels: Object.fromEntries(Object.entries(labels).filter(([label]) => !passing.has(label))),
  }));
  return [...new Map(rows.map((row) => [alertId(row), row])).values()].sort(byText(alertId));
}
