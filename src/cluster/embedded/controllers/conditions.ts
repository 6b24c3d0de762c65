import type { Condition } from './kinds.ts';

/** The condition of a type. */
export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether the condition of a type is `True`. */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True';
}

/**
 * Sets a Deployment's or ReplicaSet's condition as their controllers do: nothing changes while status and reason are the
 * same; the transition time moves only with the status. New ones go to the end.
 */
export function withCondition(conditions: readonly Condition[], next: Condition): Condition[] {
  const current = conditionOf(conditions, next.type);
  if (current !== undefined && current.status === next.status && current.reason === next.reason)
    return [...conditions];
  const kept =
    current !== undefined && current.status === next.status && current.lastTransitionTime !== undefined
      ? { ...next, lastTransitionTime: current.lastTransitionTime }
      : next;
  return [...conditions.filter((condition) => condition.type !== next.type), kept];
}

/** Without the condition of a type. */
export function withoutCondition(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter((condition) => condition.type !== type);
}
