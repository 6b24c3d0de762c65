import { Registry } from '../base/registry.ts';
import { connectionPoolExhausted } from './catalogue/connection-pool-exhausted.ts';
import { containerCrashLoop } from './catalogue/container-crash-loop.ts';
import { imageNotFound } from './catalogue/image-not-found.ts';
import { memoryLimitOom } from './catalogue/memory-limit-oom.ts';
import { networkPolicyDeny } from './catalogue/network-policy-deny.ts';
import { nodeUnavailable } from './catalogue/node-unavailable.ts';
import { resourceQuotaExhausted } from './catalogue/resource-quota-exhausted.ts';
import { serviceSelectorMismatch } from './catalogue/service-selector-mismatch.ts';
import type { Fault } from './fault.ts';

/** All faults, by name: the only place that knows them. */
export const catalogue: Registry<Fault> = registryOf('fault', [
  connectionPoolExhausted,
  containerCrashLoop,
  imageNotFound,
  memoryLimitOom,
  networkPolicyDeny,
  nodeUnavailable,
  resourceQuotaExhausted,
  serviceSelectorMismatch,
]);

/** A registry of planners; their argument types are checked against their schemas before they are called. */
export function registryOf<T extends { readonly name: string }>(
  kind: string,
  items: readonly unknown[],
): Registry<T> {
  const registry = new Registry<T>(kind);
  // each item's own argument type is narrower than `unknown`; the schema check stands between
  for (const item of items as readonly T[]) registry.register(item.name, item);
  return registry;
}
