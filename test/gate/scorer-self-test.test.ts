import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createResolver, type Resolver } from '../../src/entity/resolver.ts';
import { createUniverse } from '../../src/entity/universe.ts';
import { selfTest } from '../../src/gate/scorer-self-test/self-test.ts';
import type { TaskScorer } from '../../src/scoring/score-run.ts';
import { type DuplicatePolicy, type Score, scoreSubmission } from '../../src/scoring/score-submission.ts';
import type { GroundTruth } from '../../src/spec/bundle.ts';
import { object, ownedBy } from '../helpers/recording.ts';

const names = ['cart', 'checkout', 'payment', 'orders'];
const universe = createUniverse([
  ...names.flatMap((name) => [
    object(`shop/Deployment/${name}`),
    object(`shop/ReplicaSet/${name}-6d5f8c7b9d`, {}, ownedBy('Deployment', name)),
    object(`shop/Pod/${name}-6d5f8c7b9d-x2x4z`, {}, ownedBy('ReplicaSet', `${name}-6d5f8c7b9d`)),
    object(`shop/Service/${name}`),
    object(`shop/NetworkPolicy/${name}`),
    object(`data/ConfigMap/${name}-settings`),
  ]),
  object('cluster/Node/worker-1'),
]);
const resolver = createResolver(universe);

function truth(causes: readonly string[], symptoms: readonly string[] = []): GroundTruth {
  return {
    apiVersion: 'culprit.dev/v1',
    kind: 'GroundTruth',
    task: 'abcdefghjk',
    rootCauses: causes.map((entity) => ({ entity, accepted: [], fault: 'f', mechanism: 'm', summary: 's' })),
    symptoms: symptoms.map((entity) => ({ entity, signals: [] })),
    distractors: [],
    triggers: [],
    propagation: [],
  };
}

function scorer(
  of: GroundTruth,
  options: { policy?: DuplicatePolicy; resolver?: Resolver; change?: (score: Score) => Score } = {},
): TaskScorer {
  return {
    task: of.task,
    truth: of,
    score: (submission) =>
      (options.change ?? ((score) => score))(
        scoreSubmission(submission, of, options.resolver ?? resolver, options.policy),
      ),
    sample: () => {
      throw new Error('not needed');
    },
  };
}

const problems = (one: TaskScorer) => selfTest(one, universe).flatMap((gate) => gate.problems);

describe('scorer self-tests', () => {
  it('hold for every truth that is made of entities', () => {
    const entities = fc.uniqueArray(fc.constantFrom(...universe.entities), { maxLength: 6 });
    fc.assert(
      fc.property(entities, fc.nat(3), (some, causes) => {
        expect(problems(scorer(truth(some.slice(0, causes), some.slice(causes))))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('try something in every gate', () => {
    const gates = selfTest(scorer(truth(['shop/Deployment/cart'], ['shop/Deployment/checkout'])), universe);
    for (const { gate, tried } of gates) expect([gate, tried > 0]).toEqual([gate, true]);
  });

  const of = truth(['shop/NetworkPolicy/cart', 'shop/Deployment/orders'], ['shop/Deployment/cart']);
  it('find a scorer that counts what it should not', () => {
    const found = (one: TaskScorer) => problems(one).join('\n');
    expect(found(scorer(of, { policy: 'strict' }))).toMatch(/every cause twice/);
    expect(found(scorer(of, { change: (score) => ({ ...score, value: score.precision }) }))).toMatch(
      /without shop/,
    );
    expect(found(scorer(of, { change: (score) => ({ ...score, value: score.recall }) }))).toMatch(/shotgun/);
    expect(
      found(scorer(of, { change: (score) => ({ ...score, value: score.valid ? score.value : 1 }) })),
    ).toMatch(/prose/);
  });

  it('find a resolver that forgives too much, or too little', () => {
    const kindBlind: Resolver = {
      resolve: (name) => {
        const last = name.split('/').at(-1)?.trim() ?? '';
        const entity = of.rootCauses.find((cause) => cause.entity.endsWith(`/${last}`))?.entity;
        return entity === undefined
          ? resolver.resolve(name)
          : { status: 'resolved', entity, explanation: '' };
      },
    };
    expect(problems(scorer(of, { resolver: kindBlind })).join('\n')).toMatch(/wrong namespace|wrong kind/);
    const literal: Resolver = {
      resolve: (name) =>
        universe.find(name) === undefined
          ? { status: 'unknown', explanation: '' }
          : { status: 'resolved', entity: name, explanation: '' },
    };
    const missed = problems(scorer(of, { resolver: literal })).join('\n');
    for (const how of ['lower case', 'in backquotes', 'short kind', 'one of its pods'])
      expect(missed).toContain(how);
  });

  it('find a truth whose symptom is its cause under another name', () => {
    const joined = truth(['shop/Deployment/cart'], ['shop/Pod/cart-6d5f8c7b9d-x2x4z']);
    expect(problems(scorer(joined)).join('\n')).toMatch(
      /the symptom shop\/Pod\/cart-6d5f8c7b9d-x2x4z alone: scores 1/,
    );
  });
});
