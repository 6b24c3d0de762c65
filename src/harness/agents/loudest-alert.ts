import { byCodeUnit } from '../../base/order.ts';
import { createResolver } from '../../entity/resolver.ts';
import { universeOfBundle } from '../../scoring/universe-of-bundle.ts';
import type { AlertLine } from '../../spec/bundle.ts';
import type { Agent } from '../agent.ts';
import { answerFile } from '../answer.ts';

/** Labels that name what an alert is about, most specific first. */
const subjects: readonly (readonly [label: string, kind: string | undefined])[] = [
  ['pod', 'Pod'],
  ['deployment', 'Deployment'],
  ['statefulset', 'StatefulSet'],
  ['horizontalpodautoscaler', 'HorizontalPodAutoscaler'],
  ['resourcequota', 'ResourceQuota'],
  ['node', 'Node'],
  ['service', 'Deployment'],
  ['service_name', 'Deployment'],
  ['workload', undefined],
];

/** Blames what the most alerts fire about at the end of the window; what a hurried person would do first. */
export const loudestAlert: Agent = {
  name: 'loudest-alert',
  summary: 'names the entity most alerts fire about at the end of the window',
  async solve({ evidence }, { record }) {
    const firing = new Map<string, AlertLine>();
    for await (const alert of evidence.alerts()) {
      const id = `${alert.name} ${JSON.stringify(alert.labels)}`;
      if (alert.state === 'firing') firing.set(id, alert);
      else if (alert.state === 'inactive') firing.delete(id);
    }
    const resolver = createResolver(await universeOfBundle(evidence));
    const votes = new Map<string, number>();
    for (const alert of firing.values()) {
      const entity = subjectOf(alert, (name) => {
        const resolution = resolver.resolve(name);
        return resolution.status === 'resolved' ? resolution.entity : undefined;
      });
      if (entity)
        votes.set(entity, (votes.get(entity) ?? 0) + (alert.labels['severity'] === 'critical' ? 2 : 1));
    }
    const [loudest] = [...votes].sort(([a, x], [b, y]) => y - x || byCodeUnit(a, b));
    record({ type: 'note', note: { firing: firing.size, votes: Object.fromEntries(votes) } });
    const factors = loudest
      ? [{ name: loudest[0], reasoning: `alerts about it weigh ${loudest[1]}`, evidence: 'alerts.jsonl' }]
      : [];
    return { submission: answerFile(factors), exitReason: 'submitted' };
  },
};

function subjectOf(alert: AlertLine, resolve: (name: string) => string | undefined): string | undefined {
  const namespace = alert.labels['namespace'];
  for (const [label, kind] of subjects) {
    const name = alert.labels[label];
    if (!name) continue;
    const entity =
      resolve(
        kind === 'Node' ? `cluster/Node/${name}` : `${namespace ?? ''}/${kind ?? 'Deployment'}/${name}`,
      ) ?? resolve(`${namespace ?? ''}/StatefulSet/${name}`);
    if (entity) return entity;
  }
  return undefined;
}
