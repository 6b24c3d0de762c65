import type { PublicBundle } from '../../../snapshot/public-reader.ts';
import type { AlertLine } from '../../../spec/bundle.ts';
import { type Entities, entitiesOf } from './entities.ts';
import { once } from './once.ts';

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

/** An alert that fired, and the entity its labels name. */
export interface FiredAlert {
  readonly alert: AlertLine;
  readonly entity: string;
  /** Whether it fired already when the window began. */
  readonly standing: boolean;
}

/** Every time an alert whose subject is known began to fire, in order of time. */
export const firedAlerts = once('fired-alerts', async (evidence: PublicBundle) => {
  const entities = await entitiesOf(evidence);
  const fired: FiredAlert[] = [];
  for await (const alert of evidence.alerts()) {
    const entity = alert.state === 'firing' ? subjectOf(alert, entities) : undefined;
    if (entity !== undefined)
      fired.push({ alert, entity, standing: alert.time <= evidence.manifest.window.start });
  }
  return fired;
});

/** The entity the labels of an alert name. */
function subjectOf({ labels }: AlertLine, { resolve }: Entities): string | undefined {
  const namespace = labels['namespace'] ?? '';
  for (const [label, kind] of subjects) {
    const name = labels[label];
    if (!name) continue;
    const entity =
      resolve(kind === 'Node' ? `cluster/Node/${name}` : `${namespace}/${kind ?? 'Deployment'}/${name}`) ??
      resolve(`${namespace}/StatefulSet/${name}`);
    if (entity) return entity;
  }
  return undefined;
}
