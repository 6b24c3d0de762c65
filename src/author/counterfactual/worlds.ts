import type { ExecutedOperation } from '../../fault/injector.ts';
import type { Operation, Plan } from '../../spec/plan.ts';

/** One root cause and the operations that make it. */
export interface CauseGroup {
  readonly entity: string;
  /** Ids of operations. */
  readonly operations: ReadonlySet<string>;
}

/** A world to look at: the plan with some of its operations. */
export interface PlannedWorld {
  /** What it stands for; several names where it is the same world. */
  readonly names: readonly string[];
  /** In the plan's order. */
  readonly operations: readonly Operation[];
}

/**
 * The cause operations that were really done, by root cause. An operation whose object is no root cause (it was refused
 * or changed nothing) belongs to none.
 * @param causeOf the root cause that an operation's object is, folded
 */
export function causeGroups(
  executed: readonly ExecutedOperation[],
  causeOf: (operation: ExecutedOperation) => string | undefined,
): readonly CauseGroup[] {
  const groups = new Map<string, Set<string>>();
  for (const one of executed) {
    if (one.operation.role !== 'cause') continue;
    const entity = causeOf(one);
    if (entity === undefined) continue;
    const there = groups.get(entity);
    if (there) there.add(one.operation.id);
    else groups.set(entity, new Set([one.operation.id]));
  }
  return [...groups].map(([entity, operations]) => ({ entity, operations }));
}

/**
 * All worlds of the proof, each once: the task, the twin, without each cause, each cause alone, the distractors alone.
 * Triggers and cover stay beside a cause (a trigger without its cause is an ordinary day); alone means without the other
 * causes and without distractors.
 */
export function counterfactualWorlds(
  plan: Pick<Plan, 'operations'>,
  causes: readonly CauseGroup[],
): readonly PlannedWorld[] {
  const isCause = (operation: Operation) => operation.role === 'cause';
  const took = new Set(causes.flatMap(({ operations }) => [...operations]));
  const isDistractor = (operation: Operation) => operation.origin.type === 'distractor';
  const wanted: [name: string, keep: (operation: Operation) => boolean][] = [
    ['task', () => true],
    ['twin', (operation) => !isCause(operation)],
    ...causes.map(({ entity, operations }): (typeof wanted)[number] => [
      `without ${entity}`,
      // a cause operation that did nothing in the task shall do nothing elsewhere
      (operation) => !isCause(operation) || (took.has(operation.id) && !operations.has(operation.id)),
    ]),
    ...causes.map(({ entity, operations }): (typeof wanted)[number] => [
      `only ${entity}`,
      (operation) => operations.has(operation.id) || !(isCause(operation) || isDistractor(operation)),
    ]),
    // without distractors there is nothing to look at, and cover is in the twin as well
    ...(plan.operations.some(isDistractor)
      ? [
          [
            'distractors',
            (operation: Operation) => operation.role === 'cover',
          ] satisfies (typeof wanted)[number],
        ]
      : []),
  ];
  const worlds = new Map<string, { names: string[]; operations: readonly Operation[] }>();
  for (const [name, keep] of wanted) {
    const operations = plan.operations.filter(keep);
    const id = operations.map((operation) => operation.id).join(' ');
    const same = worlds.get(id);
    if (same) same.names.push(name);
    else worlds.set(id, { names: [name], operations });
  }
  return [...worlds.values()];
}
