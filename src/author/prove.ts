import { OperationError } from '../base/errors.ts';
import type { Recording } from '../capture/recording.ts';
import type { PrometheusClient } from '../cluster/cluster.ts';
import type { Application } from '../spec/application.ts';
import type { Plan } from '../spec/plan.ts';
import { alertsDueToCauses } from './alert-difference.ts';
import { type ExpectationResult, judge, sightings } from './expectations.ts';
import {
  type IndicatorShift,
  type IndicatorValue,
  indicatorShifts,
  measureIndicators,
} from './indicators.ts';
import { comparableShifts, compareLiveBaselines } from './live-baselines.ts';
import type { RecoveryResult } from './recovery-check.ts';
import { seenInstead } from './seen-instead.ts';
import { withoutStrays } from './stray-sightings.ts';

/** One world as the proof sees it. */
export interface ProvenWorld {
  readonly recording: Recording;
  readonly prometheus: PrometheusClient;
}

/** `private/effects.json`: the proof, as differences between the task and its twin. */
export interface Effects {
  readonly baselineEqual: { readonly holds: boolean; readonly detail: string };
  readonly expectations: readonly ExpectationResult[];
  readonly alertsDueToCauses: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly afterMs: number;
  }[];
  readonly indicators: readonly IndicatorShift[];
  readonly latent: boolean;
  readonly recovery: RecoveryResult | undefined;
  /** What kept it from being proved; only in a bundle that was kept to be looked at. */
  readonly unproved?: readonly string[];
}

export interface Measured {
  readonly task: readonly IndicatorValue[];
  readonly twin: readonly IndicatorValue[];
}

/** Compares the task with its twin: expectations, alerts due to the causes, shifts of what users feel, the baseline. */
export async function measureEffects(
  plan: Plan,
  application: Application,
  task: ProvenWorld,
  twin: ProvenWorld,
  /** Share of the usual rate windows, for short worlds. */
  windowShare = 1,
): Promise<Omit<Effects, 'recovery'> & { readonly measured: Measured }> {
  const { window } = task.recording;
  const conditions = plan.expectations.map((expectation) => expectation.condition);
  const inTask = await sightings(conditions, task.recording, task.prometheus);
  const isEmbedded = task.recording.provider === 'embedded';
  const seenInTwin = await sightings(conditions, twin.recording, twin.prometheus);
  const inTwin = isEmbedded ? seenInTwin : withoutStrays(plan.expectations, inTask, seenInTwin);
  const measured = {
    task: await measureIndicators(task.prometheus, application, window, windowShare),
    twin: await measureIndicators(twin.prometheus, application, twin.recording.window, windowShare),
  };
  const shifts = indicatorShifts(application, measured.task, measured.twin);
  return {
    baselineEqual: explained(
      isEmbedded
        ? compareBaselines(measured, task.recording, twin.recording)
        : compareLiveBaselines(application, measured),
      plan,
    ),
    expectations: judge(plan.expectations, window.incidentMs, inTask, inTwin, (condition) =>
      seenInstead(condition, task.recording),
    ),
    alertsDueToCauses: alertsDueToCauses(
      task.recording.alerts,
      twin.recording.alerts,
      window.incidentMs,
      window.endMs,
    ).map(({ name, labels, sinceMs }) => ({
      name,
      labels,
      afterMs: Math.round(sinceMs - window.incidentMs),
    })),
    indicators: isEmbedded ? shifts : comparableShifts(application, measured, shifts),
    latent: plan.latent,
    measured,
  };
}

/** Asks Prometheus about a twin everything that `measureEffects` will ask, while its history is there. */
export async function askTwin(
  plan: Plan,
  application: Application,
  recording: Recording,
  prometheus: PrometheusClient,
  windowShare: number,
): Promise<void> {
  const conditions = plan.expectations.flatMap(({ condition }) =>
    condition.type === 'metric' ? [condition] : [],
  );
  await sightings(conditions, recording, prometheus);
  await measureIndicators(prometheus, application, recording.window, windowShare);
}

/** What a difference before the incident means where a cause predates the window. */
function explained(equal: Effects['baselineEqual'], plan: Plan): Effects['baselineEqual'] {
  const isEarly = plan.operations.some(({ role, atMs }) => role === 'cause' && atMs < -plan.baselineMs);
  if (equal.holds || !isEarly) return equal;
  return {
    ...equal,
    detail: `${equal.detail}; a change that predates the window has to wait for its trigger, and here it did not`,
  };
}

/** On the embedded cluster the two worlds are the same world until the first cause: changes and indicators are equal. */
function compareBaselines(measured: Measured, task: Recording, twin: Recording): Effects['baselineEqual'] {
  const differing = measured.task.filter(
    ({ baseline }, index) => baseline !== measured.twin[index]?.baseline,
  );
  if (differing.length > 0)
    return {
      holds: false,
      detail: `indicators differ before the incident: ${differing.map(({ name }) => name).join(', ')}`,
    };
  // versions count what was changed before the window, too, where a cause predates it
  const before = (recording: Recording) =>
    recording.changes
      .filter((change) => change.timeMs < recording.window.incidentMs)
      .map((change) => ({ ...change, resourceVersion: '' }));
  const [a, b] = [before(task), before(twin)];
  const first = a.findIndex((change, index) => JSON.stringify(change) !== JSON.stringify(b[index]));
  if (first >= 0 || a.length !== b.length) {
    const change = a[first] ?? b[a.length];
    return {
      holds: false,
      detail: `object changes differ before the incident, first at ${change?.ref.kind} ${change?.ref.namespace ?? ''}/${change?.ref.name}`,
    };
  }
  return {
    holds: true,
    detail: `${a.length} object changes and all indicators are equal before the incident`,
  };
}

/** Everything that keeps an effect from being proved; empty when it is. */
export function unproved(effects: Effects, isControl: boolean): readonly string[] {
  const problems: string[] = [];
  if (!effects.baselineEqual.holds) problems.push(`baseline: ${effects.baselineEqual.detail}`);
  for (const { expectation, met, detail } of effects.expectations)
    if (!met)
      problems.push(
        `expectation ${expectation.id} (${expectation.must ? 'must' : 'must not'} see ${describe(expectation.condition)}): ${detail}`,
      );
  if (isControl) {
    if (effects.alertsDueToCauses.length > 0)
      problems.push('a control has no cause, and yet alerts differ from its twin');
    return problems;
  }
  if (effects.alertsDueToCauses.length === 0)
    problems.push('no alert that is due to the causes fires at the end of the window');
  if (!effects.latent && !effects.indicators.some(({ felt }) => felt))
    problems.push(
      `no indicator that users feel has shifted: ${effects.indicators.map(({ name, task, twin, threshold }) => `${name} ${number(task)} (twin ${number(twin)}, threshold ${threshold})`).join(', ')}`,
    );
  const { recovery } = effects;
  if (recovery === undefined) problems.push('recovery was not tried');
  else {
    if (recovery.leftOver.length > 0) problems.push(`recovery left behind: ${recovery.leftOver.join(', ')}`);
    if (!recovery.healthy)
      problems.push(`not healthy again after recovery: ${recovery.remaining.join(', ')}`);
  }
  return problems;
}

/** The error of a scenario whose effect is not proved: exit 1, no bundle but one that is `kept` to be looked at. */
export function notProved(scenario: string, problems: readonly string[], kept?: string): OperationError {
  return new OperationError(
    'effect-not-proved',
    `the effect of ${scenario} is not proved; ${kept === undefined ? 'no bundle was made' : `what was seen is in ${kept}`}\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    {
      hint: 'a longer incident, more load or another target may let it take hold; `culprit scenario plan` shows what is done',
      details: { problems },
    },
  );
}

function number(value: number | undefined): string {
  return value === undefined ? 'no data' : value.toPrecision(3);
}

function describe(condition: { readonly type: string }): string {
  const { type, ...rest } = condition as { type: string } & Record<string, unknown>;
  return `${type} ${Object.entries(rest)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')}`;
}
