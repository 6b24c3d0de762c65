import { add, heuristic, suspectsOf } from './heuristic.ts';
import { firedAlerts } from './signals/alerts.ts';
import { once } from './signals/once.ts';

/** Blames what the most alerts fire about at the end of the window; what a hurried person would do first. */
export const loudestAlert = heuristic({
  name: 'loudest-alert',
  summary: 'names the entity most alerts fire about at the end of the window',
  level: 'trivial',
  evidence: 'alerts.jsonl',
  async suspects(evidence) {
    const firing = await firingAtEnd(evidence);
    const votes = new Map<string, number>();
    for (const { alert, entity } of await firedAlerts(evidence))
      if (firing.get(identity(alert)) === alert.time)
        add(votes, entity, alert.labels['severity'] === 'critical' ? 2 : 1);
    return suspectsOf(votes, (weight) => `alerts about it weigh ${weight}`);
  },
});

/** When each alert that fires at the end began to. */
const firingAtEnd = once('firing-at-end', async (evidence) => {
  const firing = new Map<string, string>();
  for await (const alert of evidence.alerts())
    if (alert.state === 'firing') firing.set(identity(alert), alert.time);
    else if (alert.state === 'inactive') firing.delete(identity(alert));
  return firing;
});

function identity(alert: {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}): string {
  return `${alert.name} ${JSON.stringify(alert.labels)}`;
}
