import { byText } from '../base/order.ts';
import type { Topology } from '../capture/recording.ts';
import type { EntityGraph } from '../entity/graph.ts';

/** How a failure spread, one step: along an object relation or against the direction of a call. */
export interface PropagationEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
}

/**
 * Shortest ways from the root causes to the symptoms, over relations of objects (a ConfigMap and who uses it, a Node
 * and what runs on it) and over observed calls (who calls suffers from who is called). Only edges on a way to a symptom
 * are kept; a symptom that no observed way reaches has no edge, and the ground-truth lint will say so.
 */
export function propagationEdges(
  causes: readonly string[],
  symptoms: readonly string[],
  graph: EntityGraph,
  topology: Topology,
  entityOfService: (service: string) => string | undefined,
): readonly PropagationEdge[] {
  const next = new Map<string, PropagationEdge[]>();
  const link = (edge: PropagationEdge) => {
    const there = next.get(edge.from);
    if (there) there.push(edge);
    else next.set(edge.from, [edge]);
  };
  for (const { from, to, relation } of graph.edges) {
    if (relation === 'owns') continue;
    if (relation === 'uses') link({ from: to, to: from, kind: 'used by' });
    else link({ from, to, kind: relation });
    // a Service without reachable pods fails its callers: the way leads on from the workload behind it
  }
  for (const call of topology.calls) {
    const caller = entityOfService(call.from);
    const callee = entityOfService(call.to);
    if (caller && callee && caller !== callee)
      link({ from: callee, to: caller, kind: `called by (${call.protocol})` });
  }
  const wanted = new Set(symptoms);
  const edges = new Map<string, PropagationEdge>();
  for (const cause of causes)
    for (const way of waysToSymptoms(cause, wanted, next))
      for (const edge of way) edges.set(`${edge.from} ${edge.to} ${edge.kind}`, edge);
  return [...edges.values()].sort(
    byText(
      (edge) => edge.from,
      (edge) => edge.to,
      (edge) => edge.kind,
    ),
  );
}

/**
 * Breadth first through symptoms only: what does not suffer does not pass a failure on. The first step from the cause
 * may pass one healthy-looking entity (the workload a selector points at).
 */
function waysToSymptoms(
  cause: string,
  symptoms: ReadonlySet<string>,
  next: ReadonlyMap<string, readonly PropagationEdge[]>,
): PropagationEdge[][] {
  const reachedBy = new Map<string, PropagationEdge | undefined>([[cause, undefined]]);
  const depth = new Map<string, number>([[cause, 0]]);
  const queue = [cause];
  for (let entity = queue.shift(); entity !== undefined; entity = queue.shift()) {
    const steps = depth.get(entity) ?? 0;
    if (steps > 1 && !symptoms.has(entity)) continue;
    for (const edge of next.get(entity) ?? []) {
      if (reachedBy.has(edge.to)) continue;
      reachedBy.set(edge.to, edge);
      depth.set(edge.to, steps + 1);
      queue.push(edge.to);
    }
  }
  return [...symptoms]
    .filter((symptom) => symptom !== cause && reachedBy.has(symptom))
    .map((symptom) => {
      const way: PropagationEdge[] = [];
      for (let edge = reachedBy.get(symptom); edge !== undefined; edge = reachedBy.get(edge.from))
        way.unshift(edge);
      return way;
    });
}
