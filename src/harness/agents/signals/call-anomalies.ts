import type { PublicBundle } from '../../../snapshot/public-reader.ts';
import { entitiesOf } from './entities.ts';
import { once } from './once.ts';
import { spansOf } from './spans.ts';

/** Calls between workloads, and how much they have changed within the window. */
export interface CallGraph {
  /** By workload, 0 to 2: the worst of the calls to it, and of its own spans. */
  readonly anomaly: ReadonlyMap<string, number>;
  /** By caller: callee and anomaly of the calls. */
  readonly callees: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly callers: ReadonlyMap<string, ReadonlySet<string>>;
}

interface Tally {
  calls: number;
  failed: number;
  seconds: number;
}

/** The call graph of the traces, without synthetic users, with the anomaly of every call. */
export const callAnomalies = once('call-anomalies', async (evidence: PublicBundle): Promise<CallGraph> => {
  const { outside } = await entitiesOf(evidence);
  const spans = await spansOf(evidence);
  const startMs = Date.parse(evidence.manifest.window.start);
  const endMs = Date.parse(evidence.manifest.window.end);
  const edges = new Map<string, { from: string; to: string; early: Tally; late: Tally }>();
  for (const { entity, callee, startMs: at, failed, seconds } of spans) {
    if (callee === undefined || callee === entity) continue;
    const id = `${entity} ${callee}`;
    const edge = edges.get(id) ?? { from: entity, to: callee, early: none(), late: none() };
    edges.set(id, edge);
    const share = (at - startMs) / (endMs - startMs);
    const tally = share < 0.3 ? edge.early : share > 0.7 ? edge.late : undefined;
    if (tally === undefined) continue;
    tally.calls++;
    tally.seconds += seconds;
    if (failed) tally.failed++;
  }
  const anomaly = new Map<string, number>();
  const callees = new Map<string, Map<string, number>>();
  const callers = new Map<string, Set<string>>();
  for (const { from, to, early, late } of edges.values()) {
    const weight = change(early, late);
    anomaly.set(to, Math.max(anomaly.get(to) ?? 0, weight));
    if (outside.has(from)) continue;
    anomaly.set(from, anomaly.get(from) ?? 0);
    (callees.get(from) ?? callees.set(from, new Map()).get(from))?.set(to, weight);
    (callers.get(to) ?? callers.set(to, new Set()).get(to))?.add(from);
  }
  return { anomaly, callees, callers };
});

/** Growth of the share that fails, plus growth of the mean duration (a factor of ten counts 1). */
function change(early: Tally, late: Tally): number {
  if (late.calls < 3) return 0;
  const failures = late.failed / late.calls - (early.calls === 0 ? 0 : early.failed / early.calls);
  const slower =
    early.calls < 3 ? 1 : late.seconds / late.calls / Math.max(1e-4, early.seconds / early.calls);
  return Math.max(0, failures) + Math.min(1, Math.max(0, Math.log(slower) / Math.LN10));
}

function none(): Tally {
  return { calls: 0, failed: 0, seconds: 0 };
}
