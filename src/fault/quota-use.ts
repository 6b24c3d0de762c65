import { parseQuantity } from '../kube/quantity.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import type { ClusterView } from './fault.ts';
import { at, listAt, recordAt, textAt } from './json-access.ts';
import { autoscalerOf, containersOf, objectsOf, replicasOf, workloadKinds } from './workloads.ts';

/** What counts against a quota's resource now: the live status if there is one, else the sum over the manifests. */
export function quotaUse(view: ClusterView, quota: KubeObject, resource: string): number {
  const live = parseQuantity(recordAt(quota, 'status', 'used')[resource]);
  if (live !== undefined) return live;
  return view.objects
    .filter(
      (o) =>
        (workloadKinds as readonly string[]).includes(o.kind) &&
        o.metadata.namespace === quota.metadata.namespace,
    )
    .reduce((sum, workload) => sum + workloadUse(view, workload, resource), 0);
}

/** What the pods of a workload count against a quota's resource; LimitRange defaults are taken for what a container leaves out. */
export function workloadUse(
  view: ClusterView,
  workload: KubeObject,
  resource: string,
  replicas = desiredReplicas(view, workload),
): number {
  if (resource === 'pods' || resource === 'count/pods') return replicas;
  const [group, name] = resource.includes('.')
    ? (resource.split('.') as [string, string])
    : ['requests', resource];
  if ((group !== 'requests' && group !== 'limits') || (name !== 'cpu' && name !== 'memory')) return 0;
  const perPod = containersOf(workload).reduce((sum, container) => {
    const own = at(container.raw, 'resources', group, name);
    const limit = at(container.raw, 'resources', 'limits', name);
    const inherited =
      group === 'requests'
        ? (limit ?? rangeDefault(view, workload, 'defaultRequest', name))
        : rangeDefault(view, workload, 'default', name);
    return sum + (parseQuantity(own ?? inherited) ?? 0);
  }, 0);
  return perPod * replicas;
}

function desiredReplicas(view: ClusterView, workload: KubeObject): number {
  const minimum = at(autoscalerOf(view, workload), 'spec', 'minReplicas');
  return Math.max(replicasOf(workload), typeof minimum === 'number' ? minimum : 0);
}

function rangeDefault(
  view: ClusterView,
  workload: KubeObject,
  field: 'default' | 'defaultRequest',
  name: string,
): unknown {
  for (const range of objectsOf(view, 'LimitRange', workload.metadata.namespace))
    for (const entry of listAt(range, 'spec', 'limits'))
      if (textAt(entry, 'type') === 'Container') {
        const value = at(entry, field, name) ?? at(entry, 'default', name);
        if (value !== undefined) return value;
      }
  return undefined;
}
