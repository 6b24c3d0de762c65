/** A kind of evidence in which two bundles of one scenario are compared. */
export type SignalName =
  | 'event reasons'
  | 'events'
  | 'container states'
  | 'condition types'
  | 'alerts'
  | 'order of alerts'
  | 'service shifts'
  | 'error kinds'
  | 'call graph'
  | 'object kinds'
  | 'object fields'
  | 'root causes'
  | 'symptoms'
  | 'heuristics';

/** Why a difference is there. Reviewed: somebody looked at both bundles and found that this is so. */
export interface Explanation {
  /**
   * `version`: another Kubernetes version writes it differently. `installation`: what else a cluster comes with (network
   * plug-in, metrics server, number of nodes). `model`: the embedded cluster is simpler there; counts as a difference.
   */
  readonly from: 'version' | 'installation' | 'model';
  readonly because: string;
}

interface Entry extends Explanation {
  readonly signals: readonly SignalName[];
  readonly seenBy: 'embedded' | 'kind' | 'both';
  /** Of the whole text of the difference. */
  readonly what: RegExp;
}

/** The list. An entry is added only with a reason that can be checked. */
const reviewed: readonly Entry[] = [];

/** The reviewed reason of a difference, if there is one. */
export function explain(signal: SignalName, what: string, seenBy: Entry['seenBy']): Explanation | undefined {
  const found = reviewed.find(
    (entry) => entry.signals.includes(signal) && entry.seenBy === seenBy && entry.what.test(what),
  );
  return found && { from: found.from, because: found.because };
}
