import type { Resolver } from '../../../entity/resolver.ts';
import { createResolver } from '../../../entity/resolver.ts';
import type { Universe } from '../../../entity/universe.ts';
import { universeOfBundle } from '../../../scoring/universe-of-bundle.ts';
import type { PublicBundle } from '../../../snapshot/public-reader.ts';
import type { KubeObject } from '../../../spec/kube-types.ts';
import { once } from './once.ts';

/** What exists in a bundle, and how evidence that names pods or services leads to it. */
export interface Entities {
  readonly universe: Universe;
  /** Every object, as it last was. */
  readonly objects: readonly KubeObject[];
  readonly resolver: Resolver;
  /** The folded entity of a name; undefined if there is none or more than one. */
  resolve(name: string): string | undefined;
  /** The entity a pod belongs to. */
  ofPod(namespace: string, pod: string): string;
  /** The workload behind a host name, as seen from a namespace: `payment`, `payment.fulfilment`, `….svc.cluster.local`. */
  behind(host: string, from: string | undefined): string | undefined;
  /** Workloads that only call and stand behind no Service: synthetic users. Nobody blames the customer. */
  readonly outside: ReadonlySet<string>;
}

export const entitiesOf = once('entities', read);

async function read(evidence: PublicBundle): Promise<Entities> {
  const universe = await universeOfBundle(evidence);
  const resolver = createResolver(universe);
  const objects: KubeObject[] = [];
  // a line is checked to have what KubeObject promises
  for await (const object of evidence.objects()) objects.push(object as KubeObject);
  const resolve = (name: string) => {
    const resolution = resolver.resolve(name);
    return resolution.status === 'resolved' ? resolution.entity : undefined;
  };
  const { services, calls } = await evidence.topology();
  const workloads = new Map<string, string>();
  for (const { name, namespace, workload } of services) {
    const entity = workload ?? resolve(`${namespace}/Deployment/${name}`);
    if (entity !== undefined) workloads.set(`${namespace}/${name}`, entity);
  }
  const byName = Map.groupBy(workloads, ([service]) => service.slice(service.indexOf('/') + 1));
  const behind = (host: string, from: string | undefined) => {
    const [name = '', namespace = from ?? ''] = host.split('.');
    const only = byName.get(name);
    return workloads.get(`${namespace}/${name}`) ?? (only?.length === 1 ? only[0]?.[1] : undefined);
  };
  const called = new Set(calls.map(({ to }) => to));
  const served = new Set(services.filter(({ selector }) => selector !== undefined).map(({ name }) => name));
  const outside = calls
    .filter(({ from }) => !called.has(from) && !served.has(from))
    .flatMap(({ from }) => resolve(`Deployment/${from}`) ?? []);
  return {
    universe,
    objects,
    resolver,
    resolve,
    ofPod: (namespace, pod) => universe.fold(`${namespace}/Pod/${pod}`),
    behind,
    outside: new Set(outside),
  };
}
