import { entityName } from '../../entity/entity-name.ts';
import type { OperationAction } from '../../spec/plan.ts';
import { type FieldLeaf, leaves } from './field-leaves.ts';
import type { LintedTruth } from './linted-bundle.ts';

/** What the cause operations of a plan did to one object. */
export interface CauseChange {
  /** `namespace/Kind/name`. */
  readonly entity: string;
  readonly kind: string;
  readonly created: boolean;
  /** Fields that were set, with their values; `$NOW` stands for a time. */
  readonly set: readonly FieldLeaf[];
  /** Fields that were taken away. */
  readonly removed: readonly (readonly string[])[];
}

/** What cause operations set and take away, by object. Operations on nodes and load change no fields. */
export function causeChanges(truth: LintedTruth): readonly CauseChange[] {
  const changes = truth.operations
    .filter(({ role }) => role === 'cause')
    .flatMap(({ action }) => changeOf(action) ?? []);
  return [...Map.groupBy(changes, ({ entity }) => entity).values()].flatMap(([first, ...more]) =>
    first === undefined
      ? []
      : [
          {
            ...first,
            created: [first, ...more].some(({ created }) => created),
            set: [first, ...more].flatMap(({ set }) => set),
            removed: [first, ...more].flatMap(({ removed }) => removed),
          },
        ],
  );
}

function changeOf(action: OperationAction): CauseChange | undefined {
  if (action.verb === 'create') {
    const { object } = action;
    const { kind, metadata } = object;
    return {
      entity: entityName({ kind, name: metadata.name, namespace: metadata.namespace }),
      kind,
      created: true,
      set: [...leaves(object)],
      removed: [],
    };
  }
  if (action.verb !== 'patch') return undefined;
  const { target, type, body } = action;
  const all = type === 'json' ? [...jsonPatch(body)] : [...leaves(body)];
  const isDirective = ({ path }: FieldLeaf) => path.some((name) => name.startsWith('$'));
  return {
    entity: entityName({ kind: target.kind, name: target.name, namespace: target.namespace }),
    kind: target.kind,
    created: false,
    set: all.filter((leaf) => leaf.value !== null && !isDirective(leaf)),
    removed: all.filter((leaf) => leaf.value === null || isDirective(leaf)).map(({ path }) => path),
  };
}

function* jsonPatch(body: unknown): Generator<FieldLeaf> {
  if (!Array.isArray(body)) return;
  for (const step of body as readonly { op?: string; path?: string; value?: unknown }[]) {
    const path = (step.path ?? '')
      .split('/')
      .slice(1)
      .map((name) => (/^(?:\d+|-)$/.test(name) ? '[]' : name.replaceAll('~1', '/').replaceAll('~0', '~')));
    if (step.op === 'remove') yield { path, value: null };
    else if (step.op === 'add' || step.op === 'replace') yield* leaves(step.value, path);
  }
}
