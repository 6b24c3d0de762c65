import { nameOfObject, parseEntityName } from '../../../entity/entity-name.ts';
import { buildGraph } from '../../../entity/graph.ts';
import { workloadKinds } from '../../../entity/kinds.ts';
import type { PublicBundle } from '../../../snapshot/public-reader.ts';
import { entitiesOf } from './entities.ts';
import { once } from './once.ts';

/** An object that decides how a workload runs or is reached. */
export interface Setting {
  readonly entity: string;
  readonly kind: string;
  /** How many workloads it bears on. */
  readonly workloads: number;
}

/** In the order in which they are thought of first, where nothing else decides. */
const kinds = ['ConfigMap', 'Secret', 'Service', 'NetworkPolicy', 'ResourceQuota'];

/** By workload: what configures it, the most specific (bearing on the fewest workloads) first. */
export const settingsOf = once('settings', async (evidence: PublicBundle) => {
  const { objects } = await entitiesOf(evidence);
  const { edges } = buildGraph(objects);
  const isWorkload = (entity: string) => workloadKinds.has(parseEntityName(entity)?.kind ?? '');
  const bearsOn = new Map<string, Set<string>>();
  const tie = (setting: string, workload: string) =>
    (bearsOn.get(setting) ?? bearsOn.set(setting, new Set()).get(setting))?.add(workload);
  for (const { from, to } of edges)
    for (const [setting, workload] of [
      [from, to],
      [to, from],
    ] as const)
      if (isWorkload(workload) && kinds.includes(parseEntityName(setting)?.kind ?? ''))
        tie(setting, workload);
  // the graph knows quotas by pods, and a quota may be why there are none
  const replicated = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  for (const quota of objects.filter(({ kind }) => kind === 'ResourceQuota'))
    for (const workload of replicated)
      if (workload.metadata.namespace === quota.metadata.namespace)
        tie(nameOfObject(quota), nameOfObject(workload));
  const found = new Map<string, Setting[]>();
  for (const [entity, workloads] of bearsOn)
    for (const workload of workloads)
      (found.get(workload) ?? found.set(workload, []).get(workload))?.push({
        entity,
        kind: parseEntityName(entity)?.kind ?? '',
        workloads: workloads.size,
      });
  for (const settings of found.values())
    settings.sort((a, b) => a.workloads - b.workloads || kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
  return found;
});
