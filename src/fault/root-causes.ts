import { byText } from '../base/order.ts';
import { entityName } from '../spec/entity-name.ts';
import type { OperationRole } from '../spec/plan.ts';
import type { Scenario } from '../spec/scenario.ts';
import type { ExecutedOperation } from './injector.ts';

/** An object whose change is a cause. */
export interface DerivedRootCause {
  /** `namespace/Kind/name`. */
  readonly entity: string;
  /** Id of the scenario's fault. */
  readonly fault: string;
  /** Name in the catalogue. */
  readonly mechanism: string;
  /** What was done to it. */
  readonly summary: string;
  readonly timeMs: number;
}

/**
 * The objects that cause operations really changed: the most specific object of each (the policy, the quota, the
 * workload whose template changed, the ConfigMap, the Service, the node). An operation that was refused or changed
 * nothing is no cause. Sorted by entity; several changes of one object by one fault are one root cause.
 */
export function rootCauses(
  executed: readonly ExecutedOperation[],
  scenario: Pick<Scenario, 'faults'>,
): readonly DerivedRootCause[] {
  const found = new Map<string, DerivedRootCause>();
  for (const { operation, outcome, timeMs, touched } of executed) {
    if (operation.role !== 'cause' || outcome !== 'done') continue;
    for (const entity of entitiesOf(operation.action, touched)) {
      const fault = operation.origin.id;
      const earlier = found.get(`${entity} ${fault}`);
      const summary = earlier === undefined ? operation.summary : `${earlier.summary}; ${operation.summary}`;
      found.set(`${entity} ${fault}`, {
        entity,
        fault,
        mechanism: faultUseOf(scenario, fault)?.fault ?? fault,
        summary,
        timeMs: earlier?.timeMs ?? timeMs,
      });
    }
  }
  return [...found.values()].toSorted(
    byText(
      (cause) => cause.entity,
      (cause) => cause.fault,
    ),
  );
}

/** Objects that operations of a role touched, or whose pods they deleted; sorted. Wrong as answers for triggers and cover. */
export function touchedEntities(
  executed: readonly ExecutedOperation[],
  role: OperationRole,
): readonly string[] {
  const names = executed
    .filter((e) => e.operation.role === role && e.outcome === 'done')
    .flatMap((e) => entitiesOf(e.operation.action, e.touched));
  return [...new Set(names)].sort();
}

/** What distractors did: entity and summary, sorted by entity. */
export function distractorEntities(
  executed: readonly ExecutedOperation[],
): readonly { entity: string; summary: string }[] {
  return executed
    .filter((e) => e.operation.origin.type === 'distractor' && e.outcome === 'done')
    .flatMap((e) =>
      entitiesOf(e.operation.action, e.touched).map((entity) => ({ entity, summary: e.operation.summary })),
    )
    .toSorted(
      byText(
        (d) => d.entity,
        (d) => d.summary,
      ),
    );
}

function entitiesOf(
  action: ExecutedOperation['operation']['action'],
  touched: ExecutedOperation['touched'],
): readonly string[] {
  if (action.verb === 'delete-pods') return [entityName(action.owner)];
  return touched.map(({ ref }) => entityName(ref));
}

/** The scenario's entry of a fault's id: its own id, else the mechanism's name, numbered where it is used twice. */
export function faultUseOf(
  scenario: Pick<Scenario, 'faults'>,
  id: string,
): Scenario['faults'][number] | undefined {
  const byId = scenario.faults.find((use) => use.id === id);
  if (byId !== undefined) return byId;
  const unnamed = scenario.faults.filter((use) => use.id === undefined);
  const numbered = /^(.+)-(\d+)$/.exec(id);
  return (
    unnamed.find((use) => use.fault === id) ??
    unnamed.filter((use) => use.fault === numbered?.[1])[Number(numbered?.[2]) - 1]
  );
}
