import { hash32, key, Random } from '../../base/random.ts';
import { entityName } from '../../spec/entity-name.ts';
import type { KubeObject } from '../../spec/kube-types.ts';
import { jsonPointer } from '../../spec/source-document.ts';
import type { Alternative, ScenarioTemplate } from '../../spec/template.ts';
import type { Part } from './compose.ts';

/** A way to fill one of the template's lists: an alternative with a value for each of its names. */
export interface Choice extends Part {
  /** Name of the list. */
  readonly list: string;
  /** Counted from 0, and which of its combinations. */
  readonly alternative: number;
  readonly combination: number;
}

/** All choices of a template: by list, by alternative, by combination of its values. */
export type Space = readonly (readonly (readonly Choice[])[])[];

/** Spells out every choice; objects are looked for in the application's manifests. An alternative without any is left out. */
export function choicesOf(template: ScenarioTemplate, manifests: readonly KubeObject[]): Space {
  return template.choose.map(({ name, from }, list) =>
    from
      .map((alternative, index) =>
        combinations(alternative, manifests).map(
          (bindings, combination): Choice => ({
            list: name,
            alternative: index,
            combination,
            value: alternative.merge,
            pointer: jsonPointer('choose', list, 'from', index, 'merge'),
            bindings,
          }),
        ),
      )
      .filter((choices) => choices.length > 0),
  );
}

/** How many variants a space has. */
export function sizeOf(space: Space): number {
  return space.reduce(
    (product, alternatives) =>
      product * alternatives.reduce((sum, combinations) => sum + combinations.length, 0),
    1,
  );
}

/**
 * Variants in the order in which they are tried, each once: every list is gone through in rounds, each round a new
 * shuffle, so that alternatives are used equally often, and the combinations of an alternative likewise. Ends when all
 * of the space was seen.
 */
export function* candidates(space: Space, seed: string): Generator<readonly Choice[]> {
  const size = sizeOf(space);
  const seen = new Set<string>();
  const drawn = key(hash32(seed), 'variants');
  for (let turn = 0; seen.size < size; turn++) {
    const variant = space.map((alternatives, list) => {
      const [round, place] = divide(turn, alternatives.length);
      const index = shuffled(alternatives.length, key(drawn, list, round))[place] ?? 0;
      const combinations = alternatives[index] ?? [];
      const [innerRound, innerPlace] = divide(round, combinations.length);
      const combination = shuffled(combinations.length, key(drawn, list, 'of', index, innerRound))[
        innerPlace
      ];
      // never out of range: places are below the lengths they come from
      return combinations[combination ?? 0] as Choice;
    });
    const identity = variant.map((choice) => `${choice.alternative}.${choice.combination}`).join(' ');
    if (seen.has(identity)) continue;
    seen.add(identity);
    yield variant;
  }
}

/** What a person would say of a choice: `cause 2 (target=storefront/Deployment/cart)`. */
export function describeChoice({ list, alternative, bindings }: Choice): string {
  const values = Object.entries(bindings).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${list} ${alternative + 1}${values.length > 0 ? ` (${values.join(', ')})` : ''}`;
}

function combinations(
  { where }: Alternative,
  manifests: readonly KubeObject[],
): readonly Readonly<Record<string, unknown>>[] {
  let all: Readonly<Record<string, unknown>>[] = [{}];
  for (const [name, values] of Object.entries(where ?? {})) {
    const list = Array.isArray(values) ? values : objects(values, manifests);
    all = all.flatMap((bindings) => list.map((value) => ({ ...bindings, [name]: value })));
  }
  return all;
}

function objects(
  query: Exclude<NonNullable<Alternative['where']>[string], unknown[]>,
  manifests: readonly KubeObject[],
): readonly string[] {
  return manifests
    .filter(
      ({ kind, metadata }) =>
        kind === query.kind && (query.namespaces?.includes(metadata.namespace ?? '') ?? true),
    )
    .map(({ kind, metadata }) => entityName({ kind, name: metadata.name, namespace: metadata.namespace }))
    .filter((name) => !(query.except ?? []).includes(name));
}

function divide(number: number, by: number): readonly [quotient: number, rest: number] {
  return [Math.floor(number / by), number % by];
}

function shuffled(length: number, seed: number): readonly number[] {
  const random = new Random(seed);
  const order = Array.from({ length }, (_, index) => index);
  for (let i = length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
