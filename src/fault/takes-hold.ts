import type { Static } from 'typebox';
import { formatDuration, parseDuration } from '../base/duration.ts';
import { entityName } from '../spec/entity-name.ts';
import type { ObjectRef } from '../spec/kube-types.ts';
import type { FaultUse } from '../spec/scenario.ts';
import type { ArgumentProblem, ClusterView, FaultPlan, PlannedOperation } from './fault.ts';
import { isRestart } from './operations.ts';
import { replicasOf } from './workloads.ts';

type Use = Pick<Static<typeof FaultUse>, 'predates' | 'trigger'>;

/**
 * A fault's plan with the scenario's say on how it takes hold: causes long before their triggers (`predates`), fewer
 * pods replaced (`trigger.pods`), or one after the other (`trigger.over`). Nothing is added: the same objects are
 * changed, and what was going to be restarted is. Answers a problem (its path is inside the entry) where the fault
 * takes effect by itself, so that there is nothing to hold back or to spread.
 */
export function takesHold(
  use: Use,
  plan: FaultPlan,
  view: ClusterView,
): FaultPlan | { readonly problem: ArgumentProblem } {
  let changed = plan;
  if (use.trigger !== undefined) {
    const spread = spreadTriggers(use.trigger, plan, view);
    if ('problem' in spread) return spread;
    changed = spread;
  }
  if (use.predates === undefined) return changed;
  const triggers = changed.operations.filter(({ role }) => role === 'trigger');
  if (triggers.length === 0)
    return {
      problem: {
        path: '/predates',
        message: 'this change takes effect as soon as it is made: nothing lets it wait for the incident',
        hint: 'choose one that waits for pods to be replaced: a value in a ConfigMap, a quota, the way to a store',
      },
    };
  const predatesMs = parseDuration(use.predates) ?? 0;
  const first = Math.min(...triggers.map(({ atMs }) => atMs));
  return {
    ...changed,
    operations: changed.operations.map((operation) => ({
      ...operation,
      atMs: operation.role === 'trigger' ? operation.atMs - first : operation.atMs - predatesMs,
    })),
  };
}

/** For people: how a planned change takes hold, and what a scenario can say about it. */
export function holdText({ operations }: FaultPlan): string {
  if (operations.some((operation) => replacedBy(operation) !== undefined))
    return (
      'waits until pods are replaced. In a scenario `predates: 6m` beside `fault:` makes the change that long before `at`, ahead of the recorded window; ' +
      '`trigger: { pods: 1 }` replaces only so many pods, `trigger: { over: 3m }` one after the other.'
    );
  return operations.some(({ role }) => role === 'trigger')
    ? 'waits for something else to happen. In a scenario `predates: 6m` beside `fault:` makes the change that long before `at`.'
    : 'takes effect as soon as the change is made.';
}

function spreadTriggers(
  trigger: NonNullable<Use['trigger']>,
  plan: FaultPlan,
  view: ClusterView,
): FaultPlan | { readonly problem: ArgumentProblem } {
  const overMs = trigger.over === undefined ? 0 : (parseDuration(trigger.over) ?? 0);
  const replacing = plan.operations.filter((operation) => replacedBy(operation) !== undefined);
  if (replacing.length === 0)
    return {
      problem: {
        path: '/trigger',
        message: 'this fault replaces no pods to take hold, so there is nothing to choose',
        hint: 'leave trigger out',
      },
    };
  const operations: PlannedOperation[] = [];
  for (const operation of plan.operations) {
    const owner = replacedBy(operation);
    if (owner === undefined) {
      operations.push(operation);
      continue;
    }
    const workload = view.find(owner);
    const replicas = workload === undefined ? 1 : replicasOf(workload);
    const count = trigger.pods ?? replicas;
    if (count > replicas)
      return {
        problem: {
          path: '/trigger/pods',
          message: `${entityName(owner)} has ${replicas} pods, not ${count}`,
        },
      };
    if (overMs > 0 && count === 1)
      return {
        problem: {
          path: '/trigger/over',
          message: `one pod of ${entityName(owner)} is replaced: that cannot be spread over ${formatDuration(overMs)}`,
          hint: 'give "at" instead',
        },
      };
    if (overMs === 0) operations.push(deletion(operation, owner, count, operation.atMs));
    else
      for (let n = 0; n < count; n++)
        operations.push(
          deletion(operation, owner, 1, operation.atMs + Math.round((n * overMs) / (count - 1))),
        );
  }
  return {
    operations,
    expectations: plan.expectations.map((expectation) =>
      expectation.must ? { ...expectation, withinMs: expectation.withinMs + overMs } : expectation,
    ),
  };
}

/** The workload whose pods a trigger replaces. */
function replacedBy({ role, action }: PlannedOperation): ObjectRef | undefined {
  if (role !== 'trigger') return undefined;
  if (action.verb === 'delete-pods') return action.owner;
  return action.verb === 'patch' && isRestart(action.body) ? action.target : undefined;
}

function deletion(
  { role }: PlannedOperation,
  owner: ObjectRef,
  count: number,
  atMs: number,
): PlannedOperation {
  return {
    role,
    atMs,
    summary: `delete ${count === 1 ? 'the oldest pod' : `the ${count} oldest pods`} of ${entityName(owner)}`,
    action: { verb: 'delete-pods', owner, count },
    mayFail: true,
  };
}
