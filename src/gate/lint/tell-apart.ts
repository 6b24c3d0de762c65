import { parseEntityName } from '../../entity/entity-name.ts';
import { workloadKinds } from '../../entity/kinds.ts';
import type { Evidence } from './evidence.ts';
import { evidenceOf } from './evidence.ts';
import type { LintedBundle } from './linted-bundle.ts';
import { workloadsOfServices } from './workloads-of-services.ts';

/** A neighbour of a cause in the reference graph and what tells the two apart; `by` undefined: nothing does. */
export interface Neighbour {
  readonly cause: string;
  readonly neighbour: string;
  /** How they are joined: `selects`, `uses`… */
  readonly relation: string;
  readonly by: Evidence | undefined;
}

/** All neighbours of all causes, sorted by cause and neighbour; neighbours that are causes too are left out. */
export function neighboursOf(bundle: LintedBundle): readonly Neighbour[] {
  const causes = new Set(bundle.truth?.groundTruth.rootCauses.map(({ entity }) => entity));
  const entityOf = workloadsOfServices(bundle);
  return [...causes].flatMap((cause) => {
    const evidence = evidenceOf(bundle, cause);
    const relations = new Map<string, string>();
    for (const { from, to, relation } of bundle.graph.of(cause)) {
      const other = from === cause ? to : from;
      if (relation !== 'owns' && !causes.has(other) && bundle.universe.find(other) !== undefined)
        relations.set(other, relation);
    }
    // a Service that selects nothing any more has lost its workload: calls still go by its name
    const ref = parseEntityName(cause);
    if (ref?.kind === 'Service')
      for (const workload of entityOf(`${ref.namespace}/${ref.name}`))
        if (workload !== cause && !causes.has(workload) && !relations.has(workload))
          relations.set(workload, 'serves');
    return [...relations].map(([neighbour, relation]) => ({
      cause,
      neighbour,
      relation,
      by: evidence.find((one) => tells(one, cause, neighbour)),
    }));
  });
}

/**
 * Whether evidence that speaks of the cause could not as well speak of the neighbour. A name both have tells nothing;
 * how a workload behaves tells it from other workloads and nodes, not from what configures it.
 */
function tells({ kind }: Evidence, cause: string, neighbour: string): boolean {
  const [a, b] = [parseEntityName(cause), parseEntityName(neighbour)];
  switch (kind) {
    case 'contradiction':
    case 'revision':
    case 'setting':
    case 'about':
      return true;
    case 'named':
      return a?.name !== b?.name;
    case 'behaviour':
      return workloadKinds.has(b?.kind ?? '') || b?.kind === 'Node';
    case 'state':
      return false;
  }
}
