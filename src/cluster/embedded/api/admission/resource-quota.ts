import { byCodeUnit } from '../../../../base/order.ts';
import type { PodResourceSpec } from '../pod-resources.ts';
import { addQuantity, formatQuantity, type Quantity, subtractQuantity, zeroQuantity } from '../quantity.ts';
import { isInScope, quotaHard, quotaKinds, quotaUsed, type Usage, usageOf } from '../quota-usage.ts';
import { forbidden } from '../status-error.ts';
import type { Admission } from './admit.ts';

/** Compute resources that every container must state where a quota limits them. */
const compute = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']);

/** Refuses what would exceed a quota of the namespace; only increases are counted against it. */
export function checkQuota(admission: Admission): void {
  const { store, definition, draft, old } = admission;
  if (!quotaKinds.includes(definition.key)) return;
  const delta = increase(
    usageOf(definition.key, draft),
    old === undefined ? new Map() : usageOf(definition.key, old),
  );
  const failures: string[] = [];
  for (const quota of store.list('resourcequotas', draft.metadata.namespace)) {
    if (!isInScope(quota, definition.key, draft)) continue;
    const hard = quotaHard(quota);
    if (definition.key === 'pods' && old === undefined) {
      const missing = unstated(draft['spec'] as PodResourceSpec & { containers: { name: string }[] }, hard);
      if (missing.length > 0)
        throw forbidden(
          definition,
          draft.metadata.name,
          `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`,
        );
    }
    const requested = [...delta].filter(([name]) => hard.has(name));
    if (requested.length === 0) continue;
    const used = quotaUsed(store, quota);
    const exceeded = requested.filter(
      ([name, amount]) => (used.get(name)?.milli ?? 0) + amount.milli > hard.get(name)!.milli,
    );
    if (exceeded.length === 0) continue;
    const names = exceeded.map(([name]) => name).sort(byCodeUnit);
    const text = (amounts: Usage) =>
      names.map((name) => `${name}=${formatQuantity(amounts.get(name) ?? zeroQuantity)}`).join(',');
    failures.push(
      `exceeded quota: ${quota.metadata.name}, requested: ${text(delta)}, used: ${text(used)}, limited: ${text(hard)}`,
    );
  }
  if (failures.length > 0) throw forbidden(definition, draft.metadata.name, failures[0]!);
}

function increase(now: Usage, before: Usage): Usage {
  const out: Usage = new Map();
  for (const [name, amount] of now) {
    const more: Quantity = subtractQuantity(amount, before.get(name) ?? zeroQuantity);
    if (more.milli > 0)
      out.set(name, addQuantity(zeroQuantity, { milli: more.milli, format: amount.format }));
  }
  return out;
}

/** `limits.cpu for: app,sidecar` for every limited resource that some container does not state. */
function unstated(
  spec: PodResourceSpec & { containers: readonly { name: string }[] },
  hard: Usage,
): string[] {
  const missing = new Map<string, string[]>();
  const containers = [...spec.containers, ...((spec.initContainers ?? []) as { name: string }[])] as {
    name: string;
    resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  }[];
  for (const { name, resources } of containers) {
    for (const limited of [...hard.keys()].filter((r) => compute.has(r))) {
      const [which, resource] = limited.includes('.')
        ? (limited.split('.') as ['requests' | 'limits', string])
        : (['requests', limited] as const);
      if (resources?.[which]?.[resource] === undefined)
        missing.set(limited, [...(missing.get(limited) ?? []), name]);
    }
  }
  return [...missing]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([resource, names]) => `${resource} for: ${names.sort(byCodeUnit).join(',')}`);
}
