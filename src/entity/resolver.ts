import { byCodeUnit } from '../base/order.ts';
import { possibleOwners } from './generated-name.ts';
import { isClusterScoped, kindOf, workloadKinds } from './kinds.ts';
import { normaliseName } from './normalise-name.ts';
import type { Universe, UniverseMember } from './universe.ts';

/** What became of a name. `entity` is the canonical name of the folded entity. */
export type Resolution =
  | { readonly status: 'resolved'; readonly entity: string; readonly explanation: string }
  | {
      readonly status: 'ambiguous';
      /** Entities it could mean, sorted, at most ten. */
      readonly candidates: readonly string[];
      readonly explanation: string;
    }
  | { readonly status: 'unknown'; readonly explanation: string };

/** Maps what people and agents write to entities of one bundle. Total: never throws, whatever it is given. */
export interface Resolver {
  resolve(name: string): Resolution;
}

export interface ResolverOptions {
  /** In imported bundles that say so: a Service names the one workload with the same name. Default false. */
  readonly serviceStandsForWorkload?: boolean;
}

interface Query {
  readonly namespace: string | undefined;
  readonly kind: string | undefined;
  readonly name: string;
  readonly note: string;
}

/**
 * A resolver without a model. In order: the exact object; another spelling (case, kind synonyms, the namespace of
 * cluster-scoped kinds); a generated name whose object is not there, by its owner; a Pod or ReplicaSet named like its
 * workload. The first step with an answer decides; more than one entity there is ambiguous.
 */
export function createResolver(universe: Universe, options: ResolverOptions = {}): Resolver {
  const index = new NameIndex(universe);
  return {
    resolve(input) {
      const normal = normaliseName(input);
      if (!normal.ok) return { status: 'unknown', explanation: normal.problem };
      const queries = readQueries(normal.text, index.kinds);
      if (typeof queries === 'string') return { status: 'unknown', explanation: queries };
      for (const step of steps) {
        const found = new Map<string, string>();
        for (const query of queries)
          for (const { member, how } of step(query, index)) {
            const entity = options.serviceStandsForWorkload ? index.workloadOf(member) : member.entity;
            if (!found.has(entity)) found.set(entity, explain(member, entity, [query.note, how]));
          }
        if (found.size > 1) return ambiguous([...found.keys()]);
        for (const [entity, explanation] of found) return { status: 'resolved', entity, explanation };
      }
      return { status: 'unknown', explanation: missing(queries, index) };
    },
  };
}

type Found = { readonly member: UniverseMember; readonly how: string };

const steps: readonly ((query: Query, index: NameIndex) => readonly Found[])[] = [
  (query, index) =>
    index
      .named(query.name)
      .filter((member) => agrees(query, member))
      .map((member) => ({ member, how: '' })),
  (query, index) => {
    // a generated name that left no object; only kinds that are generated, or no kind, or the owner's own kind
    const kind = query.kind;
    for (const owner of possibleOwners(query.name)) {
      const found = index
        .named(owner.name)
        .filter((member) => owner.kinds.includes(member.ref.kind))
        .filter((member) => agrees({ ...query, kind: undefined }, member))
        .filter(
          (member) => kind === undefined || kind === member.ref.kind || isGeneratedBy(kind, member.ref.kind),
        );
      if (found.length > 0) return found.map((member) => ({ member, how: 'a name it generates' }));
    }
    return [];
  },
  (query, index) =>
    query.kind === undefined || !['Pod', 'ReplicaSet', 'Endpoints', 'EndpointSlice'].includes(query.kind)
      ? []
      : index
          .named(query.name)
          .filter(
            (member) =>
              agrees({ ...query, kind: undefined }, member) &&
              isGeneratedBy(query.kind ?? '', member.ref.kind),
          )
          .map((member) => ({ member, how: `${query.kind} of this name stands for it` })),
];

function isGeneratedBy(kind: string, owner: string): boolean {
  if (kind === 'Pod') return workloadKinds.has(owner);
  if (kind === 'ReplicaSet') return owner === 'Deployment';
  if (kind === 'Job') return owner === 'CronJob';
  if (kind === 'EndpointSlice' || kind === 'Endpoints') return owner === 'Service';
  return false;
}

function agrees(query: Query, { ref }: UniverseMember): boolean {
  if (query.kind !== undefined && query.kind !== ref.kind) return false;
  if (query.namespace === undefined || ref.namespace === undefined) {
    // without a kind, a namespace is all that tells a cluster-scoped object from others: it must be `cluster`
    if (query.namespace !== undefined && ref.namespace === undefined)
      return query.kind !== undefined || query.namespace === 'cluster';
    return true;
  }
  return query.namespace === ref.namespace.toLowerCase();
}

/** The ways to read the text; a message if there is none. */
function readQueries(text: string, kinds: ReadonlyMap<string, string>): readonly Query[] | string {
  const parts = text.split('/');
  if (parts.length > 3) return 'more than three parts; expected namespace/Kind/name';
  const name = (parts.at(-1) ?? '').toLowerCase();
  if (name === '') return 'no name; expected namespace/Kind/name';
  const [first = '', second = ''] = parts;
  if (parts.length === 3) {
    if (second === '')
      return [{ namespace: first.toLowerCase(), kind: undefined, name, note: 'no kind given' }];
    const kind = kindOf(second, kinds);
    if (kind === undefined) return `"${second}" is not a kind that is here`;
    return [{ namespace: first === '' ? undefined : first.toLowerCase(), kind, name, note: '' }];
  }
  if (parts.length === 1)
    return [{ namespace: undefined, kind: undefined, name, note: 'neither namespace nor kind given' }];
  const queries: Query[] = [{ namespace: first.toLowerCase(), kind: undefined, name, note: 'no kind given' }];
  const kind = kindOf(first, kinds);
  if (kind !== undefined)
    queries.push({
      namespace: undefined,
      kind,
      name,
      note: isClusterScoped(kind) ? '' : 'no namespace given',
    });
  return queries;
}

/** Members by lower-case name. */
class NameIndex {
  readonly #members = new Map<string, UniverseMember[]>();
  /** Lower-case kinds of the universe, for custom resources. */
  readonly kinds = new Map<string, string>();
  readonly #universe: Universe;

  constructor(universe: Universe) {
    this.#universe = universe;
    for (const member of universe.members) {
      const name = member.ref.name.toLowerCase();
      const there = this.#members.get(name);
      if (there) there.push(member);
      else this.#members.set(name, [member]);
      this.kinds.set(member.ref.kind.toLowerCase(), member.ref.kind);
    }
  }

  named(name: string): readonly UniverseMember[] {
    return this.#members.get(name) ?? [];
  }

  workloadOf(member: UniverseMember): string {
    const folded = this.#universe.find(member.entity) ?? member;
    if (folded.ref.kind !== 'Service') return member.entity;
    const workloads = this.named(folded.ref.name.toLowerCase()).filter(
      ({ ref }) =>
        ref.kind !== 'Pod' && workloadKinds.has(ref.kind) && ref.namespace === folded.ref.namespace,
    );
    const entities = [...new Set(workloads.map(({ entity }) => entity))];
    return entities.length === 1 ? (entities[0] ?? member.entity) : member.entity;
  }
}

function explain(member: UniverseMember, entity: string, notes: readonly string[]): string {
  const folded = entity === member.name ? entity : `${member.name}, part of ${entity}`;
  return [folded, ...notes.filter((note) => note !== '')].join('; ');
}

function ambiguous(entities: readonly string[]): Resolution {
  const candidates = [...entities].sort(byCodeUnit).slice(0, 10);
  return { status: 'ambiguous', candidates, explanation: `could be any of ${candidates.join(', ')}` };
}

function missing(queries: readonly Query[], index: NameIndex): string {
  const others = queries.flatMap((query) => index.named(query.name)).slice(0, 3);
  const hint = others.length > 0 ? `; there is ${others.map(({ name }) => name).join(', ')}` : '';
  return `nothing of this name existed in the window${hint}`;
}
