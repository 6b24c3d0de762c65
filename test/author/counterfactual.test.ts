import { describe, expect, test } from 'vitest';
import {
  counterfactualProblems,
  judgeCauses,
  judgeDistractors,
} from '../../src/author/counterfactual/judge.ts';
import { type CauseGroup, counterfactualWorlds } from '../../src/author/counterfactual/worlds.ts';
import type { Application } from '../../src/spec/application.ts';
import type { CounterfactualWorld } from '../../src/spec/counterfactuals.ts';
import type { Operation } from '../../src/spec/plan.ts';

function operation(id: string, role: Operation['role'], type: Operation['origin']['type']): Operation {
  const [origin = ''] = id.split('/');
  return {
    id,
    role,
    origin: { type, id: origin },
    atMs: 0,
    summary: id,
    action: { verb: 'set-load', factor: 1 },
  };
}

const cause = (id: string) => operation(id, 'cause', 'fault');
const trigger = (id: string) => operation(id, 'trigger', 'fault');
const distractor = (id: string) => operation(id, 'cover', 'distractor');
const group = (entity: string, ...operations: string[]): CauseGroup => ({
  entity,
  operations: new Set(operations),
});
const names = (operations: Operation[], causes: CauseGroup[]) =>
  counterfactualWorlds({ operations }, causes).map((world) => [
    world.names.join(' = '),
    world.operations.map(({ id }) => id).join(' '),
  ]);

describe('the worlds of a proof', () => {
  test('one cause without distractors needs no world beside task and twin', () => {
    expect(names([cause('a/1'), trigger('a/2')], [group('A', 'a/1')])).toEqual([
      ['task = only A', 'a/1 a/2'],
      ['twin = without A', 'a/2'],
    ]);
  });

  test('two causes: without the one is the other alone', () => {
    const plan = [cause('a/1'), trigger('a/2'), cause('b/1')];
    expect(names(plan, [group('A', 'a/1'), group('B', 'b/1')])).toEqual([
      ['task', 'a/1 a/2 b/1'],
      ['twin', 'a/2'],
      ['without A = only B', 'a/2 b/1'],
      ['without B = only A', 'a/1 a/2'],
    ]);
  });

  test('distractors stand aside when a cause is alone, and triggers when they are', () => {
    const plan = [cause('a/1'), trigger('a/2'), distractor('d/1')];
    expect(names(plan, [group('A', 'a/1')])).toEqual([
      ['task', 'a/1 a/2 d/1'],
      ['twin = without A', 'a/2 d/1'],
      ['only A', 'a/1 a/2'],
      ['distractors', 'd/1'],
    ]);
  });
});

// what the judge reads of an application
const application = {
  file: { indicators: [{ name: 'errors', unit: 'ratio', threshold: 0.01 }] },
} as unknown as Application;

function world(worldNames: string[], errors: number, alerts: string[]): CounterfactualWorld {
  return {
    names: worldNames,
    operations: [],
    alerts: alerts.map((name) => ({ name, labels: {} })),
    indicators: [{ name: 'errors', unit: 'ratio', baseline: 0, incident: errors, felt: errors >= 0.01 }],
    symptoms: [],
  };
}

const two = [group('A', 'a/1'), group('B', 'b/1')];
const judgeTwo = (task: CounterfactualWorld, onlyA: CounterfactualWorld, onlyB: CounterfactualWorld) => {
  const judged = judgeCauses([task, world(['twin'], 0, []), onlyA, onlyB], two, application, false);
  return { judged, problems: counterfactualProblems(judged, {}, { holds: true, detail: '' }) };
};
const onlyA = (errors: number, alerts: string[]) => world(['only A', 'without B'], errors, alerts);
const onlyB = (errors: number, alerts: string[]) => world(['only B', 'without A'], errors, alerts);

describe('two causes', () => {
  test('that add up are both necessary and effective', () => {
    const { judged, problems } = judgeTwo(
      world(['task'], 0.3, ['X', 'Y']),
      onlyA(0.2, ['X']),
      onlyB(0.1, ['Y']),
    );
    expect(problems).toEqual([]);
    expect(judged.map(({ necessary, effective }) => [necessary.holds, effective.holds])).toEqual([
      [true, true],
      [true, true],
    ]);
    expect(judged[0]?.necessary.detail).toContain('errors 0.300 → 0.100');
  });

  test('of which one hides the other in every sign are refused, with who hides whom in which indicator', () => {
    const { problems } = judgeTwo(
      world(['task'], 0.5, ['X', 'Y']),
      onlyA(0.1, ['X']),
      onlyB(0.5, ['X', 'Y']),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /^A is masked by B: .*errors is 0.100 with it alone, 0.500 in the task and 0.500 without it/,
    );
  });

  test('that both explain everything are overdetermined', () => {
    const { problems } = judgeTwo(world(['task'], 0.5, ['X']), onlyA(0.5, ['X']), onlyB(0.5, ['X']));
    expect(problems[0]).toMatch(/^A and B overdetermine the incident/);
  });

  test('that fail together only have no effect of their own', () => {
    const { problems } = judgeTwo(world(['task'], 0.5, ['X']), onlyA(0, []), onlyB(0, []));
    expect(problems.filter((problem) => problem.includes('has no effect of its own'))).toHaveLength(2);
  });
});

test('an incident that ends when its triggers are undone is refused', () => {
  const problems = counterfactualProblems(
    [],
    { goesOn: { holds: false, detail: 'errors 0' } },
    { holds: true, detail: '' },
  );
  expect(problems).toEqual(['undoing the triggers alone ends the incident: errors 0']);
});

test('distractors that users feel are refused, fewer errors are not felt', () => {
  const seen = (baseline: number, incident: number) => ({
    ...world(['distractors'], incident, []),
    indicators: [{ name: 'errors', unit: 'ratio', baseline, incident, felt: true }],
  });
  expect(judgeDistractors(seen(0, 0.02), application).holds).toBe(false);
  expect(judgeDistractors(seen(0.02, 0), application).holds).toBe(true);
});
