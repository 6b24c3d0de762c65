import { byCodeUnit } from '../base/order.ts';
import { possibleOwners } from '../entity/generated-name.ts';
import type { GroundTruth } from '../spec/bundle.ts';
import type { Effects } from './prove.ts';

/** What a proven bundle says about its scenario, without anything that differs from run to run on a real cluster. */
export interface ProvenEffects {
  /** Root causes, sorted. */
  readonly rootCauses: readonly string[];
  /** Alerts due to the causes, by name and subject; pods by their workload. Sorted. */
  readonly alerts: readonly string[];
  /** Ids of the expectations that were met, sorted. */
  readonly met: readonly string[];
  /** Indicators that users feel, sorted. */
  readonly felt: readonly string[];
}

/** How another run of the same scenario compares with the first, where bytes cannot be equal. */
export interface EffectComparison {
  readonly sameTruth: boolean;
  readonly sameEffects: boolean;
  /** Jaccard index of the alerts due to the causes. */
  readonly alertAgreement: number;
  /** What differs, for people. */
  readonly differences: readonly string[];
}

/**
 * The comparable part of a bundle's private part; `plain` tells nodes so that two clusters can be compared
 * (`plainNodeNamesOf`).
 */
export function provenEffects(
  truth: Pick<GroundTruth, 'rootCauses'>,
  effects: Effects,
  plain: (text: string) => string,
): ProvenEffects {
  return {
    rootCauses: truth.rootCauses.map(({ entity }) => plain(entity)).sort(byCodeUnit),
    alerts: unique(effects.alertsDueToCauses.map((alert) => plain(alertSubject(alert)))),
    met: unique(effects.expectations.filter(({ met }) => met).map(({ expectation }) => expectation.id)),
    felt: unique(effects.indicators.filter(({ felt }) => felt).map(({ name }) => name)),
  };
}

/** Compares two runs: the truth and what was met have to be the same; alerts are compared as sets. */
export function compareEffects(first: ProvenEffects, second: ProvenEffects): EffectComparison {
  const told = (what: string, a: readonly string[], b: readonly string[]) => [
    ...a.filter((one) => !b.includes(one)).map((one) => `${what} ${one} is gone`),
    ...b.filter((one) => !a.includes(one)).map((one) => `${what} ${one} is new`),
  ];
  const truth = told('root cause', first.rootCauses, second.rootCauses);
  const effects = [
    ...told('expectation', first.met, second.met),
    ...told('felt indicator', first.felt, second.felt),
  ];
  const shared = first.alerts.filter((one) => second.alerts.includes(one)).length;
  const all = first.alerts.length + second.alerts.length - shared;
  return {
    sameTruth: truth.length === 0,
    // how many indicators are felt may vary at the edge of a threshold; that any is felt may not
    sameEffects:
      first.met.join() === second.met.join() && (first.felt.length === 0) === (second.felt.length === 0),
    alertAgreement: all === 0 ? 1 : shared / all,
    differences: [...truth, ...effects, ...told('alert', first.alerts, second.alerts)],
  };
}

/** How stable several runs of one scenario are. */
export interface Stability {
  readonly runs: number;
  /** Runs that were proved and made a bundle. */
  readonly proved: number;
  /** Proved runs with the root causes that most of them have. */
  readonly sameTruth: number;
  /** Mean Jaccard index of the alerts of every two proved runs; 1 where there are fewer than two. */
  readonly alertAgreement: number;
  /** Alerts that some proved runs show and others do not, with how many do. */
  readonly unsteadyAlerts: readonly { readonly alert: string; readonly runs: number }[];
}

/** Judges repeated runs; `undefined` stands for one that made no bundle. */
export function stabilityOf(runs: readonly (ProvenEffects | undefined)[]): Stability {
  const proved = runs.filter((run) => run !== undefined);
  const truths = Map.groupBy(proved, ({ rootCauses }) => rootCauses.join());
  const pairs = proved.flatMap((a, i) => proved.slice(i + 1).map((b) => compareEffects(a, b).alertAgreement));
  const counts = Map.groupBy(
    proved.flatMap(({ alerts }) => alerts),
    (alert) => alert,
  );
  return {
    runs: runs.length,
    proved: proved.length,
    sameTruth: Math.max(0, ...[...truths.values()].map((group) => group.length)),
    alertAgreement: pairs.length === 0 ? 1 : pairs.reduce((sum, one) => sum + one, 0) / pairs.length,
    unsteadyAlerts: [...counts]
      .map(([alert, seen]) => ({ alert, runs: seen.length }))
      .filter((one) => one.runs < proved.length)
      .sort((a, b) => byCodeUnit(a.alert, b.alert)),
  };
}

/** `KubePodNotReady storefront/search`: no pod, no instance, nothing that is another next time. */
function alertSubject({ name, labels }: Effects['alertsDueToCauses'][number]): string {
  const { namespace, pod, node } = labels;
  const subject =
    pod === undefined
      ? (labels['service'] ?? labels['deployment'] ?? labels['statefulset'] ?? labels['resourcequota'])
      : (possibleOwners(pod)[0]?.name ?? pod);
  const details = ['server_address', 'pool_name', 'resource'].flatMap((label) => labels[label] ?? []);
  const where = subject === undefined ? (namespace ?? node) : `${namespace}/${subject}`;
  return [name, where, ...details].filter((part) => part !== undefined).join(' ');
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(byCodeUnit);
}
