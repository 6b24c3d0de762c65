import { add, heuristic, suspectsOf } from './heuristic.ts';
import { type CallGraph, callAnomalies } from './signals/call-anomalies.ts';

/** Share of steps that follow a call back to the caller, and of walks that begin anew. */
const back = 0.2;
const anew = 0.15;
const rounds = 60;

/**
 * A random walk over the call graph, as MonitorRank and MicroRCA do it: from a workload to what it calls, the more
 * abnormal the call the likelier; it stays where nothing below is worse. Blames where the walker is found most.
 */
export const randomWalk = heuristic({
  name: 'random-walk',
  summary: 'a personalised PageRank over the call graph, weighted by how abnormal calls have become',
  level: 'simple',
  evidence: 'traces.jsonl',
  async suspects(evidence) {
    const graph = await callAnomalies(evidence);
    const total = [...graph.anomaly.values()].reduce((sum, value) => sum + value, 0);
    // jitter is no anomaly
    if (Math.max(0, ...graph.anomaly.values()) < 0.2) return [];
    return suspectsOf(walk(graph, total), (weight) => `visited in ${(100 * weight).toFixed(1)} % of steps`);
  },
});

function walk({ anomaly, callees, callers }: CallGraph, total: number): Map<string, number> {
  const of = (entity: string) => anomaly.get(entity) ?? 0;
  const steps = new Map<string, readonly (readonly [string, number])[]>();
  for (const entity of anomaly.keys()) {
    const forward = [...(callees.get(entity) ?? [])];
    const backward = callers.get(entity) ?? [];
    const worst = Math.max(0, ...forward.map(([, weight]) => weight));
    const moves: (readonly [string, number])[] = [
      ...forward.map(([to, weight]) => [to, weight] as const),
      ...[...backward].map((from) => [from, back * of(from)] as const),
      [entity, Math.max(0, of(entity) - worst)],
    ];
    const sum = moves.reduce((all, [, weight]) => all + weight, 0);
    steps.set(entity, sum === 0 ? [[entity, 1]] : moves.map(([to, weight]) => [to, weight / sum]));
  }
  let here = new Map([...anomaly].map(([entity, value]) => [entity, value / total]));
  for (let round = 0; round < rounds; round++) {
    const next = new Map([...anomaly].map(([entity, value]) => [entity, (anew * value) / total]));
    for (const [entity, share] of here)
      for (const [to, weight] of steps.get(entity) ?? []) add(next, to, (1 - anew) * share * weight);
    here = next;
  }
  return here;
}
