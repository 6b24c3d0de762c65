import { formatDuration } from '../base/duration.ts';
import type { PrometheusClient } from '../cluster/cluster.ts';
import type { Application } from '../spec/application.ts';

/** What users feel, in one world: one number for the healthy time and one for the second half of the incident. */
export interface IndicatorValue {
  readonly name: string;
  readonly unit: string;
  /** undefined: no data in that time. */
  readonly baseline: number | undefined;
  readonly incident: number | undefined;
}

const usualStepMs = 30_000;
const usualRateWindowMs = 120_000;

/**
 * Evaluates an application's indicators. `$window` in an expression becomes two minutes (or `windowShare` of them); several series are summed up
 * by the expression itself (it must return at most one). The first window after a change is left out.
 */
export async function measureIndicators(
  prometheus: PrometheusClient,
  application: Application,
  window: { readonly startMs: number; readonly incidentMs: number; readonly endMs: number },
  windowShare = 1,
): Promise<readonly IndicatorValue[]> {
  const rateWindowMs = usualRateWindowMs * windowShare;
  const stepMs = usualStepMs * windowShare;
  const values: IndicatorValue[] = [];
  for (const indicator of application.file.indicators) {
    const expression = indicator.expression.replaceAll('$window', formatDuration(Math.round(rateWindowMs)));
    const mean = async (fromMs: number, toMs: number) => {
      const [series] = await prometheus.queryRange(expression, fromMs, toMs, stepMs);
      const finite = (series?.values ?? []).map(([, value]) => value).filter(Number.isFinite);
      return finite.length === 0 ? undefined : finite.reduce((sum, value) => sum + value, 0) / finite.length;
    };
    const half = (window.incidentMs + window.endMs) / 2;
    values.push({
      name: indicator.name,
      unit: indicator.unit,
      baseline: await mean(Math.min(window.startMs + rateWindowMs, window.incidentMs), window.incidentMs),
      incident: await mean(half, window.endMs),
    });
  }
  return values;
}

/** Difference of an indicator between task and twin in the incident, and whether a user would feel it. */
export interface IndicatorShift {
  readonly name: string;
  readonly unit: string;
  readonly task: number | undefined;
  readonly twin: number | undefined;
  readonly threshold: number;
  readonly felt: boolean;
}

/** Compares incident values. Data that vanished (nobody gets an answer any more) is felt; data missing in both is not. */
export function indicatorShifts(
  application: Application,
  task: readonly IndicatorValue[],
  twin: readonly IndicatorValue[],
): readonly IndicatorShift[] {
  return application.file.indicators.map((indicator, index) => {
    const inTask = task[index]?.incident;
    const inTwin = twin[index]?.incident;
    const felt =
      inTask === undefined || inTwin === undefined
        ? inTask === undefined && inTwin !== undefined
        : Math.abs(inTask - inTwin) >= indicator.threshold;
    return {
      name: indicator.name,
      unit: indicator.unit,
      task: inTask,
      twin: inTwin,
      threshold: indicator.threshold,
      felt,
    };
  });
}
