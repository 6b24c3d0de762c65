import type { Application } from '../spec/application.ts';
import type { IndicatorShift, IndicatorValue } from './indicators.ts';

interface Baselines {
  readonly task: readonly IndicatorValue[];
  readonly twin: readonly IndicatorValue[];
}

/**
 * Compares the healthy times of two worlds on a real cluster, which are never equal: their errors must not differ by as
 * much as a user would feel. Latency and throughput may (the machine is slower today), and what users do seldom may not
 * have been done at all in a short time, so that no share of it failed; then these indicators prove nothing. A world of
 * which there is no data is no healthy one.
 */
export function compareLiveBaselines(
  application: Application,
  measured: Baselines,
): { readonly holds: boolean; readonly detail: string } {
  const differing = measured.task.filter((_, index) => !isComparable(application, measured, index));
  const twinOf = (name: string) => measured.twin.find((one) => one.name === name)?.baseline;
  const told = (list: readonly IndicatorValue[]) =>
    list.map(({ name, baseline }) => `${name} ${number(baseline)} (twin ${number(twinOf(name))})`).join(', ');
  const isSilent = (world: readonly IndicatorValue[]) =>
    world.every(({ baseline }) => baseline === undefined);
  const isEmpty = isSilent(measured.task) || isSilent(measured.twin);
  const sick = differing.filter(({ name, unit, baseline }) => {
    const lacksData = baseline === undefined || twinOf(name) === undefined;
    // a share of nothing is no number; everything else has one as long as the application answers
    return isEmpty || (unit === 'ratio' ? !lacksData : lacksData);
  });
  if (sick.length > 0)
    return { holds: false, detail: `indicators differ before the incident: ${told(sick)}` };
  if (differing.length > 0)
    return { holds: true, detail: `do not count, for they differ before the incident: ${told(differing)}` };
  return { holds: true, detail: 'no indicator differs by as much as a user would feel' };
}

/** Shifts of which only those of comparable indicators are felt. */
export function comparableShifts(
  application: Application,
  measured: Baselines,
  shifts: readonly IndicatorShift[],
): readonly IndicatorShift[] {
  return shifts.map((shift, index) =>
    isComparable(application, measured, index) ? shift : { ...shift, felt: false },
  );
}

function isComparable(application: Application, { task, twin }: Baselines, index: number): boolean {
  const [a, b] = [task[index]?.baseline, twin[index]?.baseline];
  if (a === undefined || b === undefined) return a === b;
  return Math.abs(a - b) < (application.file.indicators[index]?.threshold ?? 0);
}

function number(value: number | undefined): string {
  return value === undefined ? 'no data' : value.toPrecision(3);
}
