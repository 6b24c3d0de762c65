import { add, heuristic, suspectsOf } from './heuristic.ts';
import { entitiesOf } from './signals/entities.ts';

/** Blames what Kubernetes complains about most. */
export const mostWarningEvents = heuristic({
  name: 'most-warning-events',
  summary: 'names the entity with the most Warning events in the window, repeats counted',
  level: 'trivial',
  evidence: 'events.jsonl',
  async suspects(evidence) {
    const { universe } = await entitiesOf(evidence);
    const startMs = Date.parse(evidence.manifest.window.start);
    const warnings = new Map<string, number>();
    for await (const event of evidence.events()) {
      const { kind, name, namespace } = event.involvedObject;
      // the schema of a line names only what every Event has
      const { lastTimestamp: last } = event as { lastTimestamp?: unknown };
      if (event.type !== 'Warning' || !kind || !name) continue;
      if (typeof last === 'string' && Date.parse(last) < startMs) continue;
      const scope = kind === 'Node' ? 'cluster' : (namespace ?? 'cluster');
      add(warnings, universe.fold(`${scope}/${kind}/${name}`), event.count ?? 1);
    }
    return suspectsOf(warnings, (count) => `${count} warnings`);
  },
});
