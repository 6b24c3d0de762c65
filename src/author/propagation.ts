import { byText } from '../base/order.ts';
import type { Topology } from '../capture/recording.ts';
import type { EntityGraph } from '../entity/graph.ts';
import { entityName } from '../spec/entity-name.ts';

/** How a failure spread, one step: along an object relation, to who calls, or to who is not called any more. */
export interface PropagationEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
}

/**
 * Shortest ways from the root causes to the symptoms, over relations of objects (a ConfigMap and who uses it, a Node
 * and what runs on it) and over observed calls: who calls suffers from who is called, through its Service, and who is
 * called starves when its caller fails before it gets there (`starved`: symptoms that only lack requests). Only edges on a
 * way to a symptom are kept; a symptom that no observed way reaches has no edge, and the ground-truth lint says so.
 * Who only lacks requests may be reached through callers that do not suffer noticeably themselves: they pass on that they
 * are called less.
 */
export function propagationEdges(
  causes: readonly string[],
  symptoms: readonly string[],
  starved: ReadonlySet<string>,
  graph: EntityGraph,
  topology: Topology,
  entityOfService: (service: string) => string | undefined,
): readonly PropagationEdge[] {
  const next = new Map<string, PropagationEdge[]>();
  const callers = new Map<string, PropagationEdge[]>();
  const link = (edge: PropagationEdge) => {
    const there = next.get(edge.from);
    if (there) there.push(edge);
    else next.set(edge.from, [edge]);
  };
  for (const { from, to, relation } of graph.edges) {
    if (relation === 'owns') continue;
    if (relation === 'uses') link({ from: to, to: from, kind: 'used by' });
    else link({ from, to, kind: relation });
    // pods that move or multiply use up what is left of a quota
    if (relation === 'limits') link({ from: to, to: from, kind: 'counts against' });
    // a workload that does not get its pods leaves its autoscaler short of them
    if (relation === 'scales') link({ from: to, to: from, kind: 'scaled by' });
  }
  const namespaces = new Map(topology.services.map(({ name, namespace }) => [name, namespace]));
  for (const call of topology.calls) {
    const caller = entityOfService(call.from);
    const callee = entityOfService(call.to);
    if (!caller) continue;
    const service = entityName({ kind: 'Service', name: call.to, namespace: namespaces.get(call.to) });
    link({ from: service, to: caller, kind: 'stands between' });
    if (!callee || caller === callee) continue;
    link({ from: callee, to: caller, kind: `called by (${call.protocol})` });
    const less = { from: caller, to: callee, kind: `calls less (${call.protocol})` };
    callers.set(callee, [...(callers.get(callee) ?? []), less]);
    if (starved.has(callee)) link(less);
  }
  const wanted = new Set(symptoms);
  const edges = new Map<string, PropagationEdge>();
  for (const cause of causes)
    for (const way of waysToSymptoms(cause, wanted, next))
      for (const edge of way) edges.set(`${edge.from} ${edge.to} ${edge.kind}`, edge);
  const reached = new Set([...causes, ...[...edges.values()].map(({ to }) => to)]);
  for (const symptom of symptoms)
    if (starved.has(symptom) && !reached.has(symptom))
      for (const edge of wayOfFewerCalls(symptom, reached, callers))
        edges.set(`${edge.from} ${edge.to} ${edge.kind}`, edge);
  return [...edges.values()].sort(
    byText(
      (edge) => edge.from,
      (edge) => edge.to,
      (edge) => edge.kind,
    ),
  );
}

/** The shortest way from somebody who is reached to a starved one, over who calls whom; none if nobody is. */
function wayOfFewerCalls(
  symptom: string,
  reached: ReadonlySet<string>,
  callers: ReadonlyMap<string, readonly PropagationEdge[]>,
): readonly PropagationEdge[] {
  const ways = new Map<string, readonly PropagationEdge[]>([[symptom, []]]);
  const queue = [symptom];
  for (let entity = queue.shift(); entity !== undefined; entity = queue.shift()) {
    const way = ways.get(entity) ?? [];
    if (reached.has(entity)) return way;
    for (const edge of callers.get(entity) ?? []) {
      if (ways.has(edge.from)) continue;
      ways.set(edge.from, [edge, ...way]);
      queue.push(edge.from);
    }
  }
  return [];
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
