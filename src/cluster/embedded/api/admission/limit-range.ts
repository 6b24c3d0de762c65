import { podResources } from '../pod-resources.ts';
import { addQuantity, formatQuantity, parseQuantity, type Quantity, zeroQuantity } from '../quantity.ts';
import { forbidden } from '../status-error.ts';
import type { Admission } from './admit.ts';

type Amounts = Record<string, string>;
interface Limit {
  readonly type: string;
  readonly max?: Amounts;
  readonly min?: Amounts;
  readonly default?: Amounts;
  readonly defaultRequest?: Amounts;
  readonly maxLimitRequestRatio?: Amounts;
}
interface Resources {
  requests?: Amounts;
  limits?: Amounts;
}
interface Container {
  resources?: Resources;
}
interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
}

function limitsIn({ store, draft }: Admission): Limit[] {
  return store
    .list('limitranges', draft.metadata.namespace)
    .flatMap((range) => (range['spec'] as { limits?: Limit[] } | undefined)?.limits ?? []);
}

/** Fills in a new pod's missing requests and limits from the namespace's LimitRanges. */
export function applyLimitRanges(admission: Admission): void {
  if (admission.definition.key !== 'pods') return;
  const limits = limitsIn(admission).filter((l) => l.type === 'Container');
  if (limits.length === 0) return;
  const spec = admission.draft['spec'] as PodSpec;
  const filled: string[] = [];
  const fill = (container: Container & { name?: string }, kind: string) => {
    const resources: Resources = container.resources ?? {};
    const added: Record<'requests' | 'limits', string[]> = { requests: [], limits: [] };
    for (const limit of limits) {
      for (const [which, defaults] of [
        ['limits', limit.default],
        ['requests', limit.defaultRequest],
      ] as const)
        for (const [name, amount] of Object.entries(defaults ?? {})) {
          if (resources[which]?.[name] !== undefined) continue;
          resources[which] = { ...resources[which], [name]: amount };
          added[which].push(name);
        }
    }
    container.resources = resources;
    for (const which of ['requests', 'limits'] as const)
      if (added[which].length > 0)
        filled.push(
          `${added[which].sort().join(', ')} ${which === 'requests' ? 'request' : 'limit'} for ${kind} ${container.name}`,
        );
  };
  for (const container of spec.containers) fill(container, 'container');
  for (const container of spec.initContainers ?? []) fill(container, 'init container');
  if (filled.length > 0)
    admission.draft.metadata.annotations = {
      ...admission.draft.metadata.annotations,
      'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${filled.join('; ')}`,
    };
}

/** Refuses what lies outside the namespace's LimitRanges, in the words of the API server. */
export function checkLimitRanges(admission: Admission): void {
  const { definition, draft } = admission;
  if (definition.key === 'persistentvolumeclaims') {
    const request = (draft['spec'] as { resources?: Resources }).resources?.requests ?? {};
    const complaints = limitsIn(admission)
      .filter((l) => l.type === 'PersistentVolumeClaim')
      .flatMap((l) => [
        ...checkMin(l, 'PersistentVolumeClaim', request, {}),
        ...checkMax(l, 'PersistentVolumeClaim', {}, request),
      ]);
    refuse(admission, complaints);
    return;
  }
  if (definition.key !== 'pods') return;
  const spec = draft['spec'] as PodSpec;
  const complaints: string[] = [];
  for (const limit of limitsIn(admission)) {
    if (limit.type === 'Container')
      for (const { resources = {} } of [...spec.containers, ...(spec.initContainers ?? [])])
        complaints.push(...checkAll(limit, 'Container', resources.requests ?? {}, resources.limits ?? {}));
    if (limit.type === 'Pod')
      complaints.push(
        ...checkAll(
          limit,
          'Pod',
          asText(podResources(spec, 'requests')),
          asText(podResources(spec, 'limits')),
        ),
      );
  }
  refuse(admission, complaints);
}

function refuse({ definition, draft }: Admission, complaints: string[]): void {
  const distinct = [...new Set(complaints)];
  if (distinct.length === 0) return;
  throw forbidden(
    definition,
    draft.metadata.name,
    distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`,
  );
}

function asText(amounts: Map<string, Quantity>): Amounts {
  return Object.fromEntries(
    [...amounts].map(([name, q]) => [name, formatQuantity(addQuantity(zeroQuantity, q))]),
  );
}

function checkAll(limit: Limit, kind: string, requests: Amounts, limits: Amounts): string[] {
  return [
    ...checkMin(limit, kind, requests, limits),
    ...checkMax(limit, kind, requests, limits),
    ...checkRatio(limit, kind, requests, limits),
  ];
}

/** One complaint a resource, as the API server: the request first. */
function checkMin(limit: Limit, kind: string, requests: Amounts, limits: Amounts): string[] {
  return Object.entries(limit.min ?? {}).flatMap(([name, text]) => {
    const bound = parseQuantity(text)!.milli;
    const request = parseQuantity(requests[name]);
    const limited = parseQuantity(limits[name]);
    const start = `minimum ${name} usage per ${kind} is ${text}`;
    if (request === undefined) return [`${start}.  No request is specified`];
    if (request.milli < bound) return [`${start}, but request is ${requests[name]}`];
    return limited !== undefined && limited.milli < bound ? [`${start}, but limit is ${limits[name]}`] : [];
  });
}

/** One complaint a resource, as the API server: the limit first. */
function checkMax(limit: Limit, kind: string, requests: Amounts, limits: Amounts): string[] {
  return Object.entries(limit.max ?? {}).flatMap(([name, text]) => {
    const bound = parseQuantity(text)!.milli;
    const request = parseQuantity(requests[name]);
    const limited = parseQuantity(limits[name]);
    const start = `maximum ${name} usage per ${kind} is ${text}`;
    if (limited === undefined) return [`${start}.  No limit is specified`];
    if (limited.milli > bound) return [`${start}, but limit is ${limits[name]}`];
    return request !== undefined && request.milli > bound
      ? [`${start}, but request is ${requests[name]}`]
      : [];
  });
}

function checkRatio(limit: Limit, kind: string, requests: Amounts, limits: Amounts): string[] {
  const out: string[] = [];
  for (const [name, text] of Object.entries(limit.maxLimitRequestRatio ?? {})) {
    const request = parseQuantity(requests[name])?.milli ?? 0;
    const limited = parseQuantity(limits[name])?.milli ?? 0;
    if (request === 0)
      out.push(
        `${name} max limit to request ratio per ${kind} is ${text}, but no request is specified or request is 0`,
      );
    else if (limited === 0)
      out.push(
        `${name} max limit to request ratio per ${kind} is ${text}, but no limit is specified or limit is 0`,
      );
    else if (limited / request > parseQuantity(text)!.milli / 1000)
      out.push(
        `${name} max limit to request ratio per ${kind} is ${text}, but provided ratio is ${(limited / request).toFixed(6)}`,
      );
  }
  return out;
}
