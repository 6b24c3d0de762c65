import type { BundleRule } from '../finding.ts';
import { truthFile, truthLine } from '../truth-line.ts';
import { workloadsOfServices } from '../workloads-of-services.ts';

export const edgeObserved: BundleRule = {
  scope: 'bundle',
  code: 'TRU004',
  name: 'edge-observed',
  finds:
    'propagation edges that are in no observed call, owner, selector, schedule, policy, limit or reference',
  why: 'a failure does not travel where nothing leads',
  *check(bundle) {
    const { truth, graph, universe, topology } = bundle;
    if (truth === undefined) return;
    const linked = new Set<string>();
    for (const { from, to } of graph.edges) linked.add(`${from} ${to}`).add(`${to} ${from}`);
    const entityOf = workloadsOfServices(bundle);
    const called = new Set<string>();
    for (const call of topology.calls) {
      const [caller, callee] = [entityOf(call.from), entityOf(call.to)];
      for (const from of callee) for (const to of caller) called.add(`${from} ${to}`).add(`${to} ${from}`);
    }
    for (const { from, to, kind } of truth.groundTruth.propagation) {
      const way = `${universe.fold(from)} ${universe.fold(to)}`;
      // a Service stands between its callers and its workload
      const isCall = /\bcall|stands between/.test(kind);
      if (isCall ? called.has(way) : linked.has(way)) continue;
      yield {
        file: truthFile,
        line: edgeLine(truth.truthLines, from, to) ?? truthLine(truth, from),
        message: `${from} → ${to} (${kind}) is not in the ${isCall ? 'observed calls' : 'relations of the objects'}`,
      };
    }
  },
};

/** Where `from: …` stands with its `to: …` in the next lines. */
function edgeLine(lines: readonly string[], from: string, to: string): number | undefined {
  const index = lines.findIndex(
    (line, at) =>
      line.includes(`from: ${from}`) && lines.slice(at, at + 3).some((next) => next.includes(`to: ${to}`)),
  );
  return index < 0 ? undefined : index + 1;
}
