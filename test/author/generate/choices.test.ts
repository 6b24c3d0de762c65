import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Choice, candidates, choicesOf, sizeOf } from '../../../src/author/generate/choices.ts';
import type { ScenarioTemplate } from '../../../src/spec/template.ts';

/** A template whose lists have alternatives with these numbers of combinations. */
function template(lists: readonly (readonly number[])[]): ScenarioTemplate {
  return {
    apiVersion: 'culprit.dev/v1',
    kind: 'ScenarioTemplate',
    metadata: { name: 'any', summary: '', version: 1 },
    count: 1,
    base: {},
    choose: lists.map((alternatives, list) => ({
      name: `list-${list}`,
      from: alternatives.map((combinations) => ({
        merge: { tags: ['$n'] },
        where: { n: Array.from({ length: combinations }, (_, index) => index) },
      })),
    })),
  };
}

const shapes = fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 3,
});
const identity = (variant: readonly Choice[]) =>
  variant.map(({ alternative, combination }) => `${alternative}.${combination}`).join(' ');

it('goes through the whole space, each variant once, the same way for the same seed', () => {
  fc.assert(
    fc.property(shapes, fc.string(), (shape, seed) => {
      const space = choicesOf(template(shape), []);
      const all = [...candidates(space, seed)].map(identity);
      expect(all).toHaveLength(sizeOf(space));
      expect(new Set(all).size).toBe(all.length);
      expect([...candidates(space, seed)].map(identity)).toEqual(all);
    }),
    { numRuns: 50 },
  );
});

it('uses alternatives equally often, however many combinations they have', () => {
  const space = choicesOf(
    template([
      [1, 9, 3],
      [5, 5],
    ]),
    [],
  );
  const first = [...candidates(space, 'seed')].slice(0, 6).map(([choice]) => choice?.alternative);
  expect([...first].sort()).toEqual([0, 0, 1, 1, 2, 2]);
});

it('asks the manifests for objects', () => {
  const object = (kind: string, namespace: string, name: string) => ({
    apiVersion: 'v1',
    kind,
    metadata: { namespace, name },
  });
  const manifests = [
    object('Deployment', 'a', 'one'),
    object('Service', 'a', 'one'),
    object('Deployment', 'b', 'two'),
    object('Deployment', 'a', 'three'),
  ];
  const asked = template([[1]]);
  const [list] = asked.choose;
  if (list === undefined) throw new Error('no list');
  list.from = [
    {
      merge: { x: '$n' },
      where: { n: { kind: 'Deployment', namespaces: ['a'], except: ['a/Deployment/three'] } },
    },
  ];
  expect(choicesOf(asked, manifests)[0]?.[0]?.map(({ bindings }) => bindings)).toEqual([
    { n: 'a/Deployment/one' },
  ]);
});
