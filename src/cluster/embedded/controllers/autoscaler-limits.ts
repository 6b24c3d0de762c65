import { type ScalingRules, scaleDownLimit, scaleUpLimit } from './autoscaler-math.ts';
import type { Autoscaler, StatusWriter } from './autoscaler-status.ts';

/** What an autoscaler remembers of its last half hour. */
export interface Memory {
  recommendations: { atMs: number; replicas: number }[];
  changes: { atMs: number; change: number }[];
}

/** The number of replicas after stabilisation, policies and bounds; says in the status which of them decided. */
export function limitReplicas(
  { behavior, minReplicas = 1, maxReplicas }: Autoscaler['spec'],
  current: number,
  proposed: number,
  memory: Memory,
  nowMs: number,
  writer: StatusWriter,
): number {
  const up: ScalingRules = {
    stabilizationWindowSeconds: behavior?.scaleUp?.stabilizationWindowSeconds ?? 0,
    selectPolicy: behavior?.scaleUp?.selectPolicy ?? 'Max',
    policies: behavior?.scaleUp?.policies ?? [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  };
  const down: ScalingRules = {
    stabilizationWindowSeconds: behavior?.scaleDown?.stabilizationWindowSeconds ?? 300,
    selectPolicy: behavior?.scaleDown?.selectPolicy ?? 'Max',
    policies: behavior?.scaleDown?.policies ?? [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  };
  let lowest = proposed;
  let highest = proposed;
  for (const { atMs, replicas } of memory.recommendations) {
    if (atMs > nowMs - up.stabilizationWindowSeconds * 1000) lowest = Math.min(lowest, replicas);
    if (atMs > nowMs - down.stabilizationWindowSeconds * 1000) highest = Math.max(highest, replicas);
  }
  const longestMs = 1000 * Math.max(up.stabilizationWindowSeconds, down.stabilizationWindowSeconds);
  memory.recommendations = [
    ...memory.recommendations.filter(({ atMs }) => atMs > nowMs - longestMs),
    { atMs: nowMs, replicas: proposed },
  ];
  memory.changes = memory.changes.filter(({ atMs }) => atMs > nowMs - 1_800_000);
  let wanted = current;
  if (wanted < lowest) wanted = lowest;
  if (wanted > highest) wanted = highest;
  if (wanted !== proposed && proposed < wanted)
    writer.set(
      'AbleToScale',
      'True',
      'ScaleDownStabilized',
      'recent recommendations were higher than current one, applying the highest recent recommendation',
    );
  else if (wanted !== proposed)
    writer.set(
      'AbleToScale',
      'True',
      'ScaleUpStabilized',
      'recent recommendations were lower than current one, applying the lowest recent recommendation',
    );
  else writer.set('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size');
  let bounded = wanted;
  let reason: readonly [status: 'True' | 'False', reason: string, message: string] = [
    'False',
    'DesiredWithinRange',
    'the desired count is within the acceptable range',
  ];
  if (bounded > maxReplicas) {
    bounded = maxReplicas;
    reason = ['True', 'TooManyReplicas', 'the desired replica count is more than the maximum replica count'];
  } else if (bounded < minReplicas) {
    bounded = minReplicas;
    reason = ['True', 'TooFewReplicas', 'the desired replica count is less than the minimum replica count'];
  }
  if (bounded > current) {
    const most = Math.max(current, scaleUpLimit(current, memory.changes, up, nowMs));
    if (bounded > most) {
      bounded = most;
      reason = [
        'True',
        'ScaleUpLimit',
        'the desired replica count is increasing faster than the maximum scale rate',
      ];
    }
  } else if (bounded < current) {
    const fewest = Math.min(current, scaleDownLimit(current, memory.changes, down, nowMs));
    if (bounded < fewest) {
      bounded = fewest;
      reason = [
        'True',
        'ScaleDownLimit',
        'the desired replica count is decreasing faster than the maximum scale rate',
      ];
    }
  }
  writer.set('ScalingLimited', ...reason);
  return bounded;
}
