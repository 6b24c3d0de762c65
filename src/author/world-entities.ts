import type { Recording } from '../capture/recording.ts';
import { buildGraph, type EntityGraph } from '../entity/graph.ts';
import { entityName } from '../spec/entity-name.ts';

/** Which entity of a recorded world a service or an alert is about. */
export interface WorldEntities {
  readonly graph: EntityGraph;
  /** Of `name` or `namespace/name`. */
  ofService(service: string): string | undefined;
  ofAlert(labels: Readonly<Record<string, string>>): string | undefined;
}

/** Reads a recording's objects and topology once. */
export function entitiesOfWorld(recording: Recording): WorldEntities {
  const graph = buildGraph(recording.objects.map(({ object }) => object));
  const { universe } = graph;
  const workloads = new Map(
    recording.topology.services.flatMap(({ name, namespace, workload }) =>
      workload === undefined ? [] : [[`${namespace}/${name}`, workload] as const, [name, workload] as const],
    ),
  );
  const ofService = (service: string) => workloads.get(service) ?? workloadNamed(service, universe.entities);
  return {
    graph,
    ofService,
    ofAlert: (labels) => entityOfAlert(labels, ofService, (name) => universe.find(name)?.entity),
  };
}

/** The workload a service name (`namespace/name` or `name`) most plausibly stands for, where traces do not tell. */
function workloadNamed(service: string, entities: readonly string[]): string | undefined {
  const [name = '', namespace] = service.split('/').reverse();
  return entities.find((entity) => {
    const [where, kind, what] = entity.split('/');
    return (
      (kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet') &&
      what === name &&
      (namespace === undefined || where === namespace)
    );
  });
}

function entityOfAlert(
  labels: Readonly<Record<string, string>>,
  entityOfService: (service: string) => string | undefined,
  find: (name: string) => string | undefined,
): string | undefined {
  const { namespace } = labels;
  const kinds: readonly (readonly [string, string])[] = [
    ['pod', 'Pod'],
    ['deployment', 'Deployment'],
    ['statefulset', 'StatefulSet'],
    ['daemonset', 'DaemonSet'],
    ['horizontalpodautoscaler', 'HorizontalPodAutoscaler'],
    ['resourcequota', 'ResourceQuota'],
  ];
  for (const [label, kind] of kinds) {
    const name = labels[label];
    if (name !== undefined) return find(entityName({ kind, name, namespace }));
  }
  const serviceNamed = (name: string) =>
    entityOfService(namespace === undefined ? name : `${namespace}/${name}`);
  // a queue tells how far its consumers are behind: it is the consumer that lags
  const consumer = labels['consumer_name'] === undefined ? undefined : serviceNamed(labels['consumer_name']);
  if (consumer !== undefined) return consumer;
  if (labels['service'] !== undefined) return serviceNamed(labels['service']);
  return labels['node'] === undefined ? undefined : find(entityName({ kind: 'Node', name: labels['node'] }));
}
