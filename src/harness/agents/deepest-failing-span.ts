import { add, heuristic, suspectsOf } from './heuristic.ts';
import { entitiesOf } from './signals/entities.ts';
import { type SpanFacts, spansOf } from './signals/spans.ts';

/** Follows failed requests down to where nobody below has failed, and blames who is there: for a call, the callee. */
export const deepestFailingSpan = heuristic({
  name: 'deepest-failing-span',
  summary: 'names the workload at the deepest failed span of the most traces',
  level: 'simple',
  evidence: 'traces.jsonl',
  async suspects(evidence) {
    const { outside } = await entitiesOf(evidence);
    const votes = new Map<string, number>();
    for (const trace of Map.groupBy(await spansOf(evidence), (span) => span.trace).values()) {
      const deepest = deepestFailed(trace);
      const entity = deepest && (deepest.callee ?? deepest.entity);
      if (entity !== undefined && !outside.has(entity)) add(votes, entity, 1);
    }
    return suspectsOf(votes, (count) => `at the bottom of ${count} failed traces`);
  },
});

function deepestFailed(trace: readonly SpanFacts[]): SpanFacts | undefined {
  const failed = trace.filter((span) => span.failed);
  if (failed.length === 0) return undefined;
  const byId = new Map(trace.map((span) => [span.id, span]));
  const depth = (span: SpanFacts): number => {
    let steps = 0;
    for (let at = span.parent; at !== undefined && steps < 64; at = byId.get(at)?.parent) steps++;
    return steps;
  };
  let deepest: SpanFacts | undefined;
  let deepestDepth = -1;
  for (const span of failed) {
    const here = depth(span);
    if (here > deepestDepth) [deepest, deepestDepth] = [span, here];
  }
  return deepest;
}
