import type { BundleSignals } from './bundle-signals.ts';
import type { Explanation } from './explanations.ts';

export const placement: Explanation = {
  from: 'chance',
  because:
    'the scheduler had put it, or what it calls, on the lost node on that side only: which of two equal workers runs a pod is chance',
};

/** What one side may show that the other does not, for it lost with a node what the other did not. */
export interface LostByChance {
  readonly embedded: RegExp | undefined;
  readonly kind: RegExp | undefined;
}

/**
 * Differences that follow from which pods stood on a lost node: those about a workload that lost pods with it on one side
 * only, and about its direct callers. What follows for the callers' callers is judged.
 */
export function lostByChance(embedded: BundleSignals, kind: BundleSignals): LostByChance {
  const [here, there] = [lostWith(embedded), lostWith(kind)];
  // without a lost node on both sides there is nothing to compare
  if (here.size === 0 || there.size === 0) return { embedded: undefined, kind: undefined };
  return {
    embedded: about(without(here, there), embedded),
    kind: about(without(there, here), kind),
  };
}

/** Names of workloads whose pods were evicted from a lost node. */
function lostWith({ events }: BundleSignals): ReadonlySet<string> {
  return new Set(
    [...events].flatMap((text) => /^TaintManagerEviction Pod [^/]+\/[^/]+\/(.+)$/.exec(text)?.[1] ?? []),
  );
}

function without(some: ReadonlySet<string>, others: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...some].filter((one) => !others.has(one)));
}

function about(workloads: ReadonlySet<string>, { calls }: BundleSignals): RegExp | undefined {
  const callers = [...calls.keys()].flatMap((call) => {
    const [, from, to] = /^(\S+) → (\S+)/.exec(call) ?? [];
    return from !== undefined && to !== undefined && workloads.has(to) ? [from] : [];
  });
  const names = [...workloads, ...callers];
  return names.length === 0 ? undefined : new RegExp(`[/ ](?:${names.join('|')})(?![\\w-])`);
}
