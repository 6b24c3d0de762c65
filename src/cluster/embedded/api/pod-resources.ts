import { addQuantity, parseQuantity, type Quantity, zeroQuantity } from './quantity.ts';

type ResourceMap = Readonly<Record<string, unknown>>;
interface Container {
  readonly resources?: { readonly requests?: ResourceMap; readonly limits?: ResourceMap };
  readonly restartPolicy?: string;
}

/** The resource part of a pod's spec. */
export interface PodResourceSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly overhead?: ResourceMap;
}

/**
 * What a pod as a whole requests or is limited to: the sum of its containers and sidecars, or the largest
 * init container if that is more. Resources nobody names are absent.
 */
export function podResources(spec: PodResourceSpec, which: 'requests' | 'limits'): Map<string, Quantity> {
  const total = new Map<string, Quantity>();
  for (const container of spec.containers ?? []) addAll(total, container.resources?.[which]);
  const sidecars = new Map<string, Quantity>();
  for (const init of spec.initContainers ?? []) {
    if (init.restartPolicy === 'Always') {
      addAll(total, init.resources?.[which]);
      addAll(sidecars, init.resources?.[which]);
      continue;
    }
    const needed = new Map(sidecars);
    addAll(needed, init.resources?.[which]);
    for (const [name, amount] of needed)
      if (amount.milli > (total.get(name) ?? zeroQuantity).milli) total.set(name, amount);
  }
  addAll(total, spec.overhead);
  return total;
}

function addAll(into: Map<string, Quantity>, resources: ResourceMap | undefined): void {
  for (const [name, value] of Object.entries(resources ?? {})) {
    const amount = parseQuantity(value);
    if (amount !== undefined) into.set(name, addQuantity(into.get(name) ?? zeroQuantity, amount));
  }
}

/** `Guaranteed`, `Burstable` or `BestEffort`, as the API server puts it into a new pod's status. */
export function qosClass(spec: PodResourceSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  let isGuaranteed = true;
  let isBestEffort = true;
  for (const { resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    for (const name of ['cpu', 'memory']) {
      const request = parseQuantity(resources?.requests?.[name])?.milli ?? 0;
      const limit = parseQuantity(resources?.limits?.[name])?.milli ?? 0;
      if (request > 0 || limit > 0) isBestEffort = false;
      if (limit === 0 || (request !== 0 && request !== limit)) isGuaranteed = false;
    }
  }
  return isBestEffort ? 'BestEffort' : isGuaranteed ? 'Guaranteed' : 'Burstable';
}
