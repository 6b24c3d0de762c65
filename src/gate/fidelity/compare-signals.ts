import { byCodeUnit } from '../../base/order.ts';
import type { BundleSignals } from './bundle-signals.ts';
import { type Explanation, explain, type SignalName } from './explanations.ts';

/** Something that only one side shows, or that both show differently. */
export interface Difference {
  readonly what: string;
  readonly seenBy: 'embedded' | 'kind' | 'both';
  /** From the reviewed list; absent where nobody has explained it yet. */
  readonly explanation?: Explanation;
}

/** How far two bundles agree in one signal. */
export interface SignalComparison {
  readonly signal: SignalName;
  readonly measure: 'Jaccard' | 'share that is equal' | 'share of pairs in one order';
  /** 0..1; 1 where neither side shows anything. */
  readonly agreement: number;
  /** The same without differences that come from the Kubernetes version or from how a cluster is installed. */
  readonly adjusted: number;
  readonly shared: number;
  readonly differences: readonly Difference[];
}

/** Compares what the embedded cluster and a real one show of the same scenario, signal by signal. */
export function compareSignals(embedded: BundleSignals, kind: BundleSignals): readonly SignalComparison[] {
  return [
    sets('event reasons', embedded.eventReasons, kind.eventReasons),
    sets('events', embedded.events, kind.events),
    sets('container states', embedded.containerStates, kind.containerStates),
    sets('condition types', embedded.conditionTypes, kind.conditionTypes),
    sets('alerts', new Set(embedded.alerts), new Set(kind.alerts)),
    order('order of alerts', embedded.alerts, kind.alerts),
    equalShare('service shifts', shiftsOf(embedded), shiftsOf(kind)),
    sets('error kinds', embedded.errorKinds, kind.errorKinds),
    sets('call graph', embedded.calls, kind.calls),
    sets('object kinds', embedded.objectKinds, kind.objectKinds),
    sets('object fields', embedded.objectFields, kind.objectFields),
    sets('root causes', embedded.rootCauses, kind.rootCauses),
    sets('symptoms', embedded.symptoms, kind.symptoms),
    equalShare('heuristics', scoresOf(embedded), scoresOf(kind)),
  ];
}

function sets(signal: SignalName, a: ReadonlySet<string>, b: ReadonlySet<string>): SignalComparison {
  const shared = [...a].filter((item) => b.has(item)).length;
  const differences = [
    ...[...a].filter((item) => !b.has(item)).map((what) => difference(signal, what, 'embedded')),
    ...[...b].filter((item) => !a.has(item)).map((what) => difference(signal, what, 'kind')),
  ].sort((x, y) => byCodeUnit(x.what, y.what));
  return comparison(signal, 'Jaccard', shared, differences);
}

/** Both sides give each subject a word; the share of subjects with the same word. */
function equalShare(
  signal: SignalName,
  a: ReadonlyMap<string, { readonly word: string; readonly detail: string }>,
  b: ReadonlyMap<string, { readonly word: string; readonly detail: string }>,
): SignalComparison {
  const subjects = [...new Set([...a.keys(), ...b.keys()])].sort(byCodeUnit);
  const differences = subjects.flatMap((subject): readonly Difference[] => {
    const [x, y] = [a.get(subject), b.get(subject)];
    if (x?.word === y?.word) return [];
    const what = `${subject}: embedded ${x?.word ?? 'nothing'}${detailOf(x)}, kind ${y?.word ?? 'nothing'}${detailOf(y)}`;
    return [difference(signal, what, 'both')];
  });
  return comparison(signal, 'share that is equal', subjects.length - differences.length, differences);
}

/** Of all pairs of things that both sides show, the share that come in the same order. */
function order(signal: SignalName, a: readonly string[], b: readonly string[]): SignalComparison {
  const common = a.filter((item) => b.includes(item));
  const differences: Difference[] = [];
  let same = 0;
  common.forEach((first, index) => {
    for (const second of common.slice(index + 1))
      if (b.indexOf(first) < b.indexOf(second)) same++;
      else differences.push(difference(signal, `${first} before ${second}`, 'embedded'));
  });
  return comparison(signal, 'share of pairs in one order', same, differences);
}

function comparison(
  signal: SignalName,
  measure: SignalComparison['measure'],
  shared: number,
  differences: readonly Difference[],
): SignalComparison {
  const counted = differences.filter(
    ({ explanation }) => explanation?.from === undefined || explanation.from === 'model',
  );
  return {
    signal,
    measure,
    agreement: ratio(shared, differences.length),
    adjusted: ratio(shared, counted.length),
    shared,
    differences,
  };
}

function ratio(shared: number, differing: number): number {
  return shared + differing === 0 ? 1 : shared / (shared + differing);
}

function difference(signal: SignalName, what: string, seenBy: Difference['seenBy']): Difference {
  const explanation = explain(signal, what, seenBy);
  return { what, seenBy, ...(explanation === undefined ? {} : { explanation }) };
}

function shiftsOf({ services }: BundleSignals) {
  return new Map(
    services.map(({ service, errors, latency, detail }) => [
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
