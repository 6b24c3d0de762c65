import { byCodeUnit } from '../../base/order.ts';
import { mean } from '../../scoring/statistics/clustered.ts';
import type { BundleSignals, FiredAlert } from './bundle-signals.ts';
import { lostByChance, placement } from './chance-of-placement.ts';
import { type Explanation, explain, type SignalName } from './explanations.ts';

/** Something that only one side shows, or that both show differently. */
export interface Difference {
  readonly what: string;
  readonly seenBy: 'embedded' | 'kind' | 'both';
  /** From the reviewed list, or from further runs; absent where nobody has explained it yet. */
  readonly explanation?: Explanation;
}

/** How far two bundles agree in one signal. */
export interface SignalComparison {
  readonly signal: SignalName;
  readonly measure: 'Jaccard' | 'share that is equal' | 'share of pairs in one order';
  /** 0..1; 1 where neither side shows anything. */
  readonly agreement: number;
  /** The same without differences that come from the version, from how a cluster is installed, or from chance. */
  readonly adjusted: number;
  /** How far every two runs on the real cluster agree in the mean, by the same measure and without any allowance. */
  readonly ceiling?: number;
  readonly shared: number;
  readonly differences: readonly Difference[];
}

export interface ComparisonOptions {
  /**
   * How exactly the time of an alert is known: what it tells of is seen by the next scrape and noticed by the next
   * evaluation, so the sum of both intervals. Alerts closer than that have no order.
   */
  readonly resolutionMs: number;
  /** The same scenario built again on the real cluster, once or more often. */
  readonly again?: readonly BundleSignals[] | undefined;
}

/** Something compared, before it is explained. */
interface Compared {
  readonly signal: SignalName;
  readonly measure: SignalComparison['measure'];
  readonly shared: number;
  readonly differences: readonly Difference[];
}

/** Compares what the embedded cluster and a real one show of the same scenario, signal by signal. */
export function compareSignals(
  embedded: BundleSignals,
  kind: BundleSignals,
  { resolutionMs, again = [] }: ComparisonOptions,
): readonly SignalComparison[] {
  const raced = refusedByChance(embedded, kind);
  const lost = lostByChance(embedded, kind);
  const isPlacement = ({ what, seenBy }: Difference) =>
    (['embedded', 'kind'] as const).some(
      (side) => (seenBy === side || seenBy === 'both') && lost[side]?.test(what),
    );
  const compared = signalsOf(embedded, kind, resolutionMs).map((one) => ({
    ...one,
    differences: one.differences.map((difference) =>
      raced?.test(difference.what)
        ? { ...difference, explanation: race }
        : isPlacement(difference)
          ? { ...difference, explanation: placement }
          : difference,
    ),
  }));
  if (again.length === 0) return compared.map((one) => conclude(one));
  // what the embedded cluster and one of the further runs share is no difference that a real cluster always makes
  const withAgain = again.map((run) => signalsOf(embedded, run, resolutionMs));
  const runs = [kind, ...again];
  const pairs = runs.flatMap((a, i) => runs.slice(i + 1).map((b) => signalsOf(a, b, resolutionMs)));
  return compared.map((one, index) => {
    const stays = withAgain.map((signals) => new Set(signals[index]!.differences.map(identityOf)));
    const agreements = pairs.map((signals) => conclude(signals[index]!).agreement);
    return {
      ...conclude(one, (difference) => stays.some((differences) => !differences.has(identityOf(difference)))),
      ceiling: mean(agreements),
    };
  });
}

const race: Explanation = {
  from: 'chance',
  because:
    'a quota had room for some of the pods that were to be made anew at once: on each side it refused others, and who comes first is chance',
};

/** Workloads whose pods a quota refused on one side only, where on both sides it refused somebody of their namespace. */
function refusedByChance(a: BundleSignals, b: BundleSignals): RegExp | undefined {
  const [first, second] = [refusedBy(a), refusedBy(b)];
  const raced = [...new Set([...first.keys(), ...second.keys()])].flatMap((workload) => {
    const namespace = first.get(workload) ?? second.get(workload) ?? '';
    const isRace =
      first.has(workload) !== second.has(workload) &&
      [first, second].every((side) => [...side.values()].includes(namespace));
    return isRace ? [`${namespace}/[Dd]eployment/${workload}`] : [];
  });
  return raced.length === 0 ? undefined : new RegExp(`(?:${raced.join('|')})(?![\\w-])`);
}

/** Namespaces of Deployments whose pods were refused, by name. */
function refusedBy({ events }: BundleSignals): ReadonlyMap<string, string> {
  return new Map(
    [...events].flatMap((text) => {
      const [, namespace, name] = /^FailedCreate ReplicaSet ([^/]+)\/Deployment\/(.+)$/.exec(text) ?? [];
      return namespace === undefined || name === undefined ? [] : [[name, namespace] as const];
    }),
  );
}

function signalsOf(a: BundleSignals, b: BundleSignals, resolutionMs: number): readonly Compared[] {
  return [
    sets('event reasons', a.eventReasons, b.eventReasons),
    sets('events', a.events, b.events),
    sets('container states', a.containerStates, b.containerStates),
    sets('condition types', a.conditionTypes, b.conditionTypes),
    alerts(a, b, resolutionMs),
    order('order of alerts', a.alerts, b.alerts, resolutionMs),
    equalShare('service shifts', shiftsOf(a, b), shiftsOf(b, a)),
    counted('error kinds', a.errorKinds, b.errorKinds),
    counted('call graph', a.calls, b.calls),
    sets('object kinds', a.objectKinds, b.objectKinds),
    sets('object fields', a.objectFields, b.objectFields),
    sets('root causes', a.rootCauses, b.rootCauses),
    sets('symptoms', a.symptoms, b.symptoms),
    equalShare('heuristics', scoresOf(a), scoresOf(b)),
  ];
}

function sets(signal: SignalName, a: ReadonlySet<string>, b: ReadonlySet<string>): Compared {
  const shared = [...a].filter((item) => b.has(item)).length;
  const differences = [
    ...[...a].filter((item) => !b.has(item)).map((what) => ({ what, seenBy: 'embedded' as const })),
    ...[...b].filter((item) => !a.has(item)).map((what) => ({ what, seenBy: 'kind' as const })),
  ].sort((x, y) => byCodeUnit(x.what, y.what));
  return { signal, measure: 'Jaccard', shared, differences };
}

/**
 * What one side shows less often than this, and the other not at all, may be chance: a coin falls the same way so often
 * in a row in 3 of 100 tries.
 */
const enough = 5;

const tooFew: Explanation = {
  from: 'chance',
  because: `fewer than ${enough} times on one side, never on the other`,
};

/** Sets of things that were counted; what is rare is told, but does not count against anybody. */
function counted(
  signal: SignalName,
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
): Compared {
  const compared = sets(signal, new Set(a.keys()), new Set(b.keys()));
  return {
    ...compared,
    differences: compared.differences.map((one) =>
      (a.get(one.what) ?? b.get(one.what) ?? 0) < enough ? { ...one, explanation: tooFew } : one,
    ),
  };
}

/** An alert of one side's last moments may be one that the other would have had a moment after its window. */
function alerts(a: BundleSignals, b: BundleSignals, resolutionMs: number): Compared {
  const names = (list: readonly FiredAlert[]) => new Set(list.map(({ id }) => id));
  const late = (side: BundleSignals) =>
    new Set(
      side.alerts.filter(({ firstMs }) => firstMs > side.incidentLengthMs - resolutionMs).map(({ id }) => id),
    );
  const compared = sets('alerts', names(a.alerts), names(b.alerts));
  const lateOf = { embedded: late(a), kind: late(b), both: new Set<string>() };
  return {
    ...compared,
    differences: compared.differences.filter(({ what, seenBy }) => !lateOf[seenBy].has(what)),
  };
}

/** Both sides give each subject a word; the share of subjects with the same word. */
function equalShare(
  signal: SignalName,
  a: ReadonlyMap<string, { readonly word: string; readonly detail: string }>,
  b: ReadonlyMap<string, { readonly word: string; readonly detail: string }>,
): Compared {
  const subjects = [...new Set([...a.keys(), ...b.keys()])].sort(byCodeUnit);
  const differences = subjects.flatMap((subject): readonly Difference[] => {
    const [x, y] = [a.get(subject), b.get(subject)];
    if (x?.word === y?.word) return [];
    const what = `${subject}: embedded ${x?.word ?? 'nothing'}${detailOf(x)}, kind ${y?.word ?? 'nothing'}${detailOf(y)}`;
    return [{ what, seenBy: 'both' }];
  });
  return {
    signal,
    measure: 'share that is equal',
    shared: subjects.length - differences.length,
    differences,
  };
}

/** Of the pairs of alerts that both sides show in a clear order, the share with the same order. */
function order(
  signal: SignalName,
  a: readonly FiredAlert[],
  b: readonly FiredAlert[],
  resolutionMs: number,
): Compared {
  const other = new Map(b.map(({ id, firstMs }) => [id, firstMs]));
  const common = a.flatMap(({ id, firstMs }) => {
    const otherMs = other.get(id);
    return otherMs === undefined ? [] : [{ id, firstMs, otherMs }];
  });
  const differences: Difference[] = [];
  let shared = 0;
  common.forEach((first, index) => {
    for (const second of common.slice(index + 1)) {
      const [gap, otherGap] = [second.firstMs - first.firstMs, second.otherMs - first.otherMs];
      if (Math.abs(gap) <= resolutionMs || Math.abs(otherGap) <= resolutionMs) continue;
      if (gap > 0 === otherGap > 0) shared++;
      else differences.push({ what: `${first.id} before ${second.id}`, seenBy: 'embedded' });
    }
  });
  return { signal, measure: 'share of pairs in one order', shared, differences };
}

const chance: Explanation = {
  from: 'chance',
  because: 'another run on the real cluster is like the embedded one there',
};

function conclude(
  { signal, measure, shared, differences }: Compared,
  isChance: (difference: Difference) => boolean = () => false,
): SignalComparison {
  const explained = differences.map((difference): Difference => {
    const explanation =
      explain(signal, difference.what, difference.seenBy) ??
      difference.explanation ??
      (isChance(difference) ? chance : undefined);
    return explanation === undefined ? difference : { ...difference, explanation };
  });
  const counted = explained.filter(
    ({ explanation }) => explanation === undefined || explanation.from === 'model',
  );
  return {
    signal,
    measure,
    agreement: ratio(shared, differences.length),
    adjusted: ratio(shared, counted.length),
    shared,
    differences: explained,
  };
}

/** What a difference is about, without the numbers that are never twice the same. */
function identityOf({ what, seenBy }: Difference): string {
  return seenBy === 'both' ? what.slice(0, what.indexOf(':')) : `${seenBy} ${what}`;
}

function ratio(shared: number, differing: number): number {
  return shared + differing === 0 ? 1 : shared / (shared + differing);
}

/** Shifts of one side, without services of which one side has too little to tell. */
function shiftsOf({ services }: BundleSignals, other: BundleSignals) {
  const unknown = new Set(
    [...services, ...other.services]
      .filter(({ errors }) => errors === 'unknown')
      .map(({ service }) => service),
  );
  return new Map(
    services
      .filter(({ service }) => !unknown.has(service))
      .map(({ service, errors, latency, detail }) => [
        service,
        { word: errors === 'no requests' ? errors : `${errors} errors, ${latency} latency`, detail },
      ]),
  );
}

function scoresOf({ heuristics }: BundleSignals) {
  return new Map(
    [...heuristics].map(([solver, score]) => [
      solver,
      { word: score.toFixed(2).replace(/\.00$/, ''), detail: '' },
    ]),
  );
}

function detailOf(entry: { readonly detail: string } | undefined): string {
  return entry === undefined || entry.detail === '' ? '' : ` (${entry.detail})`;
}
