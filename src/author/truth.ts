import type { WorldSummary } from '../capture/summary.ts';
import { distractorEntities, faultUseOf, rootCauses, touchedEntities } from '../fault/root-causes.ts';
import type { BundleTruth } from '../snapshot/private/truth.ts';
import type { Scenario } from '../spec/scenario.ts';
import { propagationEdges } from './propagation.ts';
import type { Effects } from './prove.ts';
import type { WorldRun } from './run-world.ts';
import { deriveSymptoms } from './symptoms.ts';
import type { WorldEntities } from './world-entities.ts';

/**
 * The ground truth of a task, none of it typed by hand: causes from what cause operations really touched, symptoms from
 * the difference to the twin, propagation over observed relations and calls.
 */
export function deriveTruth(
  scenario: Scenario,
  task: WorldRun,
  entities: WorldEntities,
  summaries: { readonly task: WorldSummary; readonly twin: WorldSummary },
  alerts: Effects['alertsDueToCauses'],
): BundleTruth['groundTruth'] {
  const { recording } = task;
  const { graph, ofService } = entities;
  const { universe } = graph;
  const causes = rootCauses(task.executed, scenario);
  const causeEntities = new Set(causes.map(({ entity }) => universe.fold(entity)));
  const symptoms = deriveSymptoms(
    summaries.task,
    summaries.twin,
    alerts,
    ofService,
    entities.ofAlert,
    causeEntities,
    recording.provider !== 'embedded',
  );
  return {
    rootCauses: [...Map.groupBy(causes, ({ entity }) => universe.fold(entity))].map(([entity, group]) => ({
      entity,
      accepted: [
        ...new Set(group.flatMap((cause) => [cause.entity, ...declaredNeighbours(scenario, cause.fault)])),
      ].filter((name) => name !== entity),
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
      ofService,
    ).map((edge) => ({ ...edge })),
  };
}

/** What the author declares equally accepted for the causes of a fault. */
function declaredNeighbours(scenario: Scenario, fault: string): readonly string[] {
  return faultUseOf(scenario, fault)?.accepts ?? [];
}

/** A signal of getting fewer requests, and nothing worse. */
function isStarvation(signal: string): boolean {
  return signal.startsWith('requests: ') || signal === 'alert NoRequestsReceived';
}
