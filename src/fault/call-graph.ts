import { byText } from '../base/order.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import type { ClusterView } from './fault.ts';
import { listAt, numberAt, textAt } from './json-access.ts';
import { textOf, upstreamsOf } from './settings.ts';
import {
  containersOf,
  isLoadGenerator,
  nameOf,
  objectsOf,
  programOf,
  workloadKinds,
  workloadsBehind,
} from './workloads.ts';

/** A workload calls a Service, as declared by its program and its configuration. */
export interface Dependency {
  readonly caller: KubeObject;
  /** Name of the upstream in the caller's program. */
  readonly upstream: string;
  readonly service: KubeObject;
  /** Port of the Service. */
  readonly servicePort: number;
  /** Port of the pods, a number even where the Service names it. */
  readonly podPort: number;
  readonly callees: readonly KubeObject[];
}

const cached = new WeakMap<readonly KubeObject[], readonly Dependency[]>();

/** All calls between workloads that the application's programs and configuration declare; sorted by caller and Service. */
export function dependencies(view: ClusterView): readonly Dependency[] {
  const known = cached.get(view.objects);
  if (known !== undefined) return known;
  const found = view.objects
    .filter((o) => (workloadKinds as readonly string[]).includes(o.kind))
    .flatMap((caller) => dependenciesOf(view, caller))
    .toSorted(
      byText(
        (d) => nameOf(d.caller),
        (d) => nameOf(d.service),
        (d) => d.upstream,
      ),
    );
  cached.set(view.objects, found);
  return found;
}

/** Calls that arrive at a workload, without those of the load generator if there are others. */
export function callsTo(view: ClusterView, callee: KubeObject): readonly Dependency[] {
  return dependencies(view).filter((d) => d.callees.includes(callee));
}

/** Calls a workload makes. */
export function callsFrom(view: ClusterView, caller: KubeObject): readonly Dependency[] {
  return dependencies(view).filter((d) => d.caller === caller);
}

/** Workloads among the callers that can be restarted: not the load generator. */
export function callersOf(view: ClusterView, calls: readonly Dependency[]): readonly KubeObject[] {
  return [...new Set(calls.map((d) => d.caller))].filter((w) => !isLoadGenerator(view, w));
}

/** How far workloads are from mattering: those that most others call come first, then by name. */
export function byImportance(view: ClusterView, workloads: readonly KubeObject[]): readonly KubeObject[] {
  const weight = new Map(workloads.map((w) => [w, new Set(callsTo(view, w).map((d) => d.caller)).size]));
  return workloads.toSorted((a, b) => (weight.get(b) ?? 0) - (weight.get(a) ?? 0) || byText(nameOf)(a, b));
}

function dependenciesOf(view: ClusterView, caller: KubeObject): Dependency[] {
  return upstreamsOf(programOf(view, caller)).flatMap((upstream) => {
    const address = textOf(view, caller, upstream.address);
    const [host, port] = address?.replace(/^[a-z]+:\/\//, '').split(':') ?? [];
    if (host === undefined || port === undefined) return [];
    const [name = '', namespace = caller.metadata.namespace ?? ''] = host.split('.');
    const service = view.find({ kind: 'Service', namespace, name });
    if (service === undefined) return [];
    const callees = workloadsBehind(view, service);
    const servicePort = Number.parseInt(port, 10);
    const podPort = podPortOf(service, servicePort, callees[0]);
    return [{ caller, upstream: upstream.name, service, servicePort, podPort, callees }];
  });
}

/** Number of the pods' port behind a Service's port; a named targetPort is looked up in the workload. */
export function podPortOf(
  service: KubeObject,
  servicePort: number,
  workload: KubeObject | undefined,
): number {
  const entry = listAt(service, 'spec', 'ports').find((p) => numberAt(p, 'port') === servicePort);
  const numeric = numberAt(entry, 'targetPort');
  if (numeric !== undefined) return numeric;
  const name = textAt(entry, 'targetPort');
  if (name === undefined) return servicePort;
  return (workload && containerPort(workload, name)) ?? servicePort;
}

/** Number of a named container port of a workload. */
function containerPort(workload: KubeObject, name: string): number | undefined {
  for (const container of containersOf(workload))
    for (const port of listAt(container.raw, 'ports'))
      if (textAt(port, 'name') === name) return numberAt(port, 'containerPort');
  return undefined;
}

/** Services with at least one workload behind them and one that calls them. */
export function calledServices(view: ClusterView): readonly KubeObject[] {
  return objectsOf(view, 'Service').filter((s) =>
    dependencies(view).some((d) => d.service === s && d.callees.length > 0),
  );
}
