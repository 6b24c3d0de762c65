import { summarise } from '../capture/summary.ts';
import { buildGraph } from '../entity/graph.ts';
import { distractorEntities, rootCauses, touchedEntities } from '../fault/root-causes.ts';
import type { BundleTruth } from '../snapshot/private/truth.ts';
import { entityName } from '../spec/entity-name.ts';
import type { Scenario } from '../spec/scenario.ts';
import { propagationEdges } from './propagation.ts';
import type { Effects } from './prove.ts';
import type { WorldRun } from './run-world.ts';
import { deriveSymptoms } from './symptoms.ts';

/**
 * The ground truth of a task, none of it typed by hand: causes from what cause operations really touched, symptoms from
 * the difference to the twin, propagation over observed relations and calls.
 */
export async function deriveTruth(
  scenario: Scenario,
  task: WorldRun,
  twin: Pick<WorldRun, 'recording'>,
  alerts: Effects['alertsDueToCauses'],
): Promise<BundleTruth['groundTruth']> {
  const { recording } = task;
  const graph = buildGraph(recording.objects.map(({ object }) => object));
  const { universe } = graph;
  const causes = rootCauses(task.executed, scenario);
  const causeEntities = new Set(causes.map(({ entity }) => universe.fold(entity)));

  const workloads = new Map(
    recording.topology.services.flatMap(({ name, namespace, workload }) =>
      workload === undefined ? [] : [[`${namespace}/${name}`, workload] as const, [name, workload] as const],
    ),
  );
  const entityOfService = (service: string) =>
    workloads.get(service) ?? workloadNamed(service, universe.entities);
  const symptoms = deriveSymptoms(
    await summarise(recording),
    await summarise(twin.recording),
    alerts,
    entityOfService,
    (labels) => entityOfAlert(labels, entityOfService, (name) => universe.find(name)?.entity),
    causeEntities,
  );
  return {
    rootCauses: [...Map.groupBy(causes, ({ entity }) => universe.fold(entity))].map(([entity, group]) => ({
      entity,
      accepted: [...new Set(group.map((cause) => cause.entity))].filter((name) => name !== entity),
      fault: [...new Set(group.map((cause) => cause.fault))].join(', '),
      mechanism: [...new Set(group.map((cause) => cause.mechanism))].join(', '),
      summary: group.map((cause) => cause.summary).join('; '),
    })),
    symptoms: symptoms.map(({ entity, signals }) => ({ entity, signals: [...signals] })),
    distractors: distractorEntities(task.executed).map(({ entity, summary }) => ({ entity, summary })),
    triggers: touchedEntities(task.executed, 'trigger').filter(
      (entity) => !causeEntities.has(universe.fold(entity)),
    ),
    propagation: propagationEdges(
      [...causeEntities],
      symptoms.map(({ entity }) => entity),
      new Set(symptoms.filter(({ signals }) => signals.every(isStarvation)).map(({ entity }) => entity)),
      graph,
      recording.topology,
      entityOfService,
    ).map((edge) => ({ ...edge })),
  };
}

/** A signal of getting fewer requests, and nothing worse. */
function isStarvation(signal: string): boolean {
  return signal.startsWith('requests: ') || signal === 'alert NoRequestsReceived';
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
  if (labels['service'] !== undefined)
    return entityOfService(namespace === undefined ? labels['service'] : `${namespace}/${labels['service']}`);
  return labels['node'] === undefined ? undefined : find(entityName({ kind: 'Node', name: labels['node'] }));
}
