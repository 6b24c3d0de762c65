import { byText } from '../base/order.ts';
import { hash32, key, unit } from '../base/random.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Application } from '../spec/application.ts';
import type { KubeObject } from '../spec/kube-types.ts';
import type { Scenario } from '../spec/scenario.ts';
import type { ClusterView } from './fault.ts';
import { nameOf } from './workloads.ts';

/** The desired state as the application's manifests give it. */
export function viewFromManifests(application: Application, seed = ''): ClusterView {
  return viewOf(application, application.manifests, seed);
}

/** The same view at the load a scenario asks for; where it comes in waves, at their height. */
export function viewAtLoad(view: ClusterView, load: Scenario['load']): ClusterView {
  if (load === undefined) return view;
  const { application } = view;
  const ordinary = load.requestsPerSecond ?? application.file.load.requestsPerSecond;
  const requestsPerSecond = ordinary * (load.waves?.factor ?? 1);
  const file = { ...application.file, load: { ...application.file.load, requestsPerSecond } };
  return { ...view, application: { ...application, file } };
}

/** The desired state as it is in a cluster now: every kind the application's manifests use, and the nodes. */
export async function viewFromCluster(
  kube: KubeClient,
  application: Application,
  seed = '',
): Promise<ClusterView> {
  const kinds = new Map(
    application.manifests.map((o) => [
      `${o.apiVersion}/${o.kind}`,
      { apiVersion: o.apiVersion, kind: o.kind },
    ]),
  );
  kinds.set('v1/Node', { apiVersion: 'v1', kind: 'Node' });
  const objects: KubeObject[] = [];
  for (const kind of kinds.values()) {
    const { items } = await kube.list(kind);
    // items of a list may come without their kind
    objects.push(...items.map((item) => ({ ...item, ...kind })));
  }
  return viewOf(application, objects, seed);
}

/** The same view with randomness of its own for one entry of a scenario. */
export function viewFor(view: ClusterView, seed: string, entry: string): ClusterView {
  return { ...view, random: randomOf(seed, entry) };
}

function viewOf(application: Application, all: readonly KubeObject[], seed: string): ClusterView {
  const objects = all.toSorted(byText(nameOf));
  const index = new Map(objects.map((o) => [nameOf(o), o]));
  return {
    application,
    objects,
    find: ({ kind, namespace, name }) => index.get(`${namespace ?? 'cluster'}/${kind}/${name}`),
    random: randomOf(seed, ''),
  };
}

function randomOf(seed: string, entry: string): (purpose: string) => number {
  return (purpose) => unit(key(hash32(seed), entry, purpose));
}
