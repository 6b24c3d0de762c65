import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createResolver } from '../../src/entity/resolver.ts';
import { createUniverse } from '../../src/entity/universe.ts';
import { oracleSubmission } from '../../src/scoring/oracle.ts';
import { duplicatePolicies, scoreSubmission } from '../../src/scoring/score-submission.ts';
import type { GroundTruth } from '../../src/spec/bundle.ts';

const deployment = (namespace: string, name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace, uid: `${name}-uid` },
});
const replicaSet = (namespace: string, name: string, owner: string) => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name,
    namespace,
    uid: `${name}-uid`,
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'Deployment', name: owner, uid: `${owner}-uid`, controller: true },
    ],
  },
});
const pod = (namespace: string, name: string, owner: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace,
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: `${owner}-uid`, controller: true },
    ],
  },
});
const objects = [
  deployment('shop', 'cart'),
  replicaSet('shop', 'cart-5d4f8c7b9', 'cart'),
  pod('shop', 'cart-5d4f8c7b9-x2x4z', 'cart-5d4f8c7b9'),
  deployment('shop', 'frontend'),
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'cart', namespace: 'shop' } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cart-settings', namespace: 'shop' } },
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker-2' } },
];
const universe = createUniverse(objects);
const resolver = createResolver(universe);

function truth(...causes: string[]): GroundTruth {
  return {
    apiVersion: 'culprit.dev/v1',
    kind: 'GroundTruth',
    task: 'abcdefghjk',
    rootCauses: causes.map((entity) => ({ entity, accepted: [], fault: 'f', mechanism: 'm', summary: 's' })),
    symptoms: [{ entity: 'shop/Deployment/frontend', signals: ['error ratio'] }],
    distractors: [],
    triggers: [],
    propagation: [],
  };
}
const answer = (...names: string[]) =>
  JSON.stringify({ contributing_factors: names.map((name) => ({ name })) });
const score = (
  content: string | undefined,
  causes: GroundTruth,
  policy?: 'collapse' | 'strict' | 'lenient',
) => scoreSubmission(content, causes, resolver, policy).value;

describe('average precision at full recall', () => {
  const one = truth('shop/Deployment/cart');
  const two = truth('shop/ConfigMap/cart-settings', 'cluster/Node/worker-2');

  test('the oracle scores 1, also for two causes and for a control', () => {
    for (const causes of [one, two, truth()]) expect(score(oracleSubmission(causes), causes)).toBe(1);
  });

  test('every spelling of the workload counts as the workload', () => {
    for (const name of [
      'shop/Deployment/cart',
      'shop/Pod/cart-5d4f8c7b9-x2x4z',
      'shop/ReplicaSet/cart-5d4f8c7b9',
      'SHOP/deployment/Cart',
      ' shop/Pod/cart-5d4f8c7b9-99999 ',
    ])
      expect(score(answer(name), one), name).toBe(1);
  });

  test('a missed cause is zero, an extra name costs precision', () => {
    expect(score(answer('cluster/Node/worker-2'), two)).toBe(0);
    expect(score(answer('shop/Deployment/cart', 'shop/Deployment/frontend'), one)).toBe(1 / 2);
    expect(score(answer('shop/ConfigMap/cart-settings', 'cluster/Node/worker-2', 'x/y/z'), two)).toBe(2 / 3);
  });

  test('a Service does not stand for its workload, and a name that could be either is a false positive', () => {
    expect(score(answer('shop/Service/cart'), one)).toBe(0);
    const ambiguous = scoreSubmission(answer('shop/Deployment/cart', 'shop/cart'), one, resolver);
    expect(ambiguous.verdicts.map(({ kind }) => kind)).toEqual(['root-cause', 'ambiguous']);
    expect(ambiguous.value).toBe(1 / 2);
  });

  test('two names of one entity: once, against, or for, by policy', () => {
    const twice = answer('shop/Deployment/cart', 'shop/Pod/cart-5d4f8c7b9-x2x4z', 'shop/Deployment/frontend');
    expect(score(twice, one, 'collapse')).toBe(1 / 2);
    expect(score(twice, one, 'strict')).toBe(1 / 3);
    expect(score(twice, one, 'lenient')).toBe(2 / 3);
  });

  test('a control wants an explicit empty list', () => {
    expect(score(answer(), truth())).toBe(1);
    expect(score(answer('shop/Deployment/cart'), truth())).toBe(0);
    expect(score(undefined, truth())).toBe(0);
    expect(score('{}', truth())).toBe(0);
  });
});

describe('hostile submissions', () => {
  const one = truth('shop/Deployment/cart');
  const deep = '['.repeat(200_000);
  test.each([
    ['nothing', undefined],
    ['empty', ''],
    ['prose', 'The root cause is shop/Deployment/cart.'],
    ['a list', '[]'],
    ['null', 'null'],
    ['names that are numbers', '{"contributing_factors":[{"name":7}]}'],
    ['factors that are text', '{"contributing_factors":["shop/Deployment/cart"]}'],
    ['an object in place of the list', '{"contributing_factors":{"0":{"name":"shop/Deployment/cart"}}}'],
    ['deep nesting', deep],
    ['deep nesting inside', `{"contributing_factors":[{"name":${deep}`],
    ['a hundred thousand entities', answer(...Array.from({ length: 100_000 }, (_, n) => `shop/Pod/p${n}`))],
    ['a huge name', answer('a'.repeat(10_000))],
    ['a prototype', '{"__proto__":{"contributing_factors":[]}}'],
    ['invalid UTF-8', Buffer.from([0xff, 0xfe, 0x00])],
  ])('%s scores 0 with a problem told', (_, content) => {
    const result = scoreSubmission(content, one, resolver);
    expect(result.value).toBe(0);
    expect(result.valid).toBe(false);
    expect(result.problem!.length).toBeLessThan(300);
  });

  test('control characters are shown as escapes and match nothing', () => {
    const result = scoreSubmission(answer('shop/Deployment/ca\u001b[31mrt\u202e'), one, resolver);
    expect(result.value).toBe(0);
    expect(JSON.stringify(result)).not.toMatch(/\\u001b|\u202e/);
  });

  test('whatever is submitted, the score is a number from 0 to 1 and nothing throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc
            .array(fc.oneof(fc.string(), fc.constantFrom(...universe.members.map(({ name }) => name))))
            .map((names) => answer(...names)),
        ),
        fc.constantFrom(...duplicatePolicies),
        (content, policy) => {
          const { value } = scoreSubmission(content, one, resolver, policy);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  test('order never matters, and adding a wrong name never helps', () => {
    const names = fc.subarray([...universe.entities], { minLength: 1 });
    fc.assert(
      fc.property(names, fc.constantFrom(...universe.entities), (list, extra) => {
        const value = score(answer(...list), one);
        expect(score(answer(...[...list].reverse()), one)).toBe(value);
        if (extra !== 'shop/Deployment/cart')
          expect(score(answer(...list, extra), one)).toBeLessThanOrEqual(value);
      }),
    );
  });
});
