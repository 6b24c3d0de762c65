/** The arithmetic of the horizontal pod autoscaler: pure functions. */

export interface ScalingRules {
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: string;
  readonly policies: readonly {
    readonly type: string;
    readonly value: number;
    readonly periodSeconds: number;
  }[];
}

interface Change {
  readonly atMs: number;
  /** Positive: pods added; negative: taken away. */
  readonly change: number;
}

/** How far usage may be from the target without a reaction. */
const tolerance = 0.1;

/** A pod's part in the calculation. */
export interface PodMetric {
  readonly requestMillis: number;
  /** undefined: no metrics. */
  readonly usage: number | undefined;
  /** It is too young, or not ready: its usage says nothing yet. */
  readonly isUnready: boolean;
}

/**
 * Replicas for a target, as the replica calculator does it: pods without metrics count as if they used what argues
 * against a change. `target` is in units of usage per pod (for utilisation: a percentage of the request).
 */
export function desiredFromMetrics(
  current: number,
  pods: readonly PodMetric[],
  target: { readonly utilization: number } | { readonly averageValue: number },
): { replicas: number; utilization: number; average: number } | undefined {
  const measured = pods.filter((pod) => !pod.isUnready && pod.usage !== undefined);
  if (measured.length === 0) return undefined;
  const ratioOf = (list: readonly { requestMillis: number; usage: number }[]) => {
    const usage = list.reduce((sum, pod) => sum + pod.usage, 0);
    const requests = list.reduce((sum, pod) => sum + pod.requestMillis, 0);
    const utilization = requests === 0 ? 0 : Math.trunc((usage * 100) / requests);
    const average = usage / list.length;
    return {
      utilization,
      average,
      ratio: 'utilization' in target ? utilization / target.utilization : average / target.averageValue,
    };
  };
  const known = measured.map((pod) => ({ requestMillis: pod.requestMillis, usage: pod.usage ?? 0 }));
  const first = ratioOf(known);
  const result = (replicas: number) => ({ replicas, utilization: first.utilization, average: first.average });
  const unready = pods.filter((pod) => pod.isUnready);
  const missing = pods.filter((pod) => !pod.isUnready && pod.usage === undefined);
  const countsUnready = unready.length > 0 && first.ratio > 1;
  if (!countsUnready && missing.length === 0) {
    if (Math.abs(1 - first.ratio) <= tolerance) return result(current);
    return result(Math.ceil(first.ratio * measured.length));
  }
  const full = (pod: PodMetric) =>
    'utilization' in target ? (pod.requestMillis * target.utilization) / 100 : target.averageValue;
  const assumed = [...known];
  if (first.ratio < 1)
    for (const pod of missing)
      assumed.push({ requestMillis: pod.requestMillis, usage: Math.max(full(pod), pod.requestMillis) });
  else if (first.ratio > 1)
    for (const pod of [...missing, ...(countsUnready ? unready : [])])
      assumed.push({ requestMillis: pod.requestMillis, usage: 0 });
  const second = ratioOf(assumed);
  const flips = (first.ratio < 1 && second.ratio > 1) || (first.ratio > 1 && second.ratio < 1);
  if (Math.abs(1 - second.ratio) <= tolerance || flips) return result(current);
  const replicas = Math.ceil(second.ratio * assumed.length);
  if ((second.ratio < 1 && replicas > current) || (second.ratio > 1 && replicas < current))
    return result(current);
  return result(replicas);
}

/** The most replicas the scale-up policies allow now. */
export function scaleUpLimit(
  current: number,
  changes: readonly Change[],
  rules: ScalingRules,
  nowMs: number,
): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = rules.policies.map((policy) => {
    const base = current - sumSince(changes, nowMs - policy.periodSeconds * 1000, 1);
    return policy.type === 'Pods' ? base + policy.value : Math.ceil(base * (1 + policy.value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.min(...limits) : Math.max(...limits);
}

/** The fewest replicas the scale-down policies allow now. */
export function scaleDownLimit(
  current: number,
  changes: readonly Change[],
  rules: ScalingRules,
  nowMs: number,
): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = rules.policies.map((policy) => {
    const base = current + sumSince(changes, nowMs - policy.periodSeconds * 1000, -1);
    return policy.type === 'Pods' ? base - policy.value : Math.floor(base * (1 - policy.value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.max(...limits) : Math.min(...limits);
}

function sumSince(changes: readonly Change[], sinceMs: number, sign: 1 | -1): number {
  return changes.reduce(
    (sum, { atMs, change }) => (atMs > sinceMs && change * sign > 0 ? sum + Math.abs(change) : sum),
    0,
  );
}
