import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planScenario } from '../../src/fault/planner.ts';
import type { Operation, Plan } from '../../src/spec/plan.ts';
import type { Scenario } from '../../src/spec/scenario.ts';
import { loadBakery } from './views.ts';

const bakery = await loadBakery();
const seed = '0123456789abcdef0123456789abcdef';
const crash = { fault: 'container-crash-loop', args: { target: 'back/orders', setting: 'POOL' } };

function planned(change: Partial<Scenario>, withSeed = seed) {
  return planScenario(
    {
      apiVersion: 'culprit.dev/v1',
      kind: 'Scenario',
      metadata: { name: 'no-bread', summary: 'No bread', split: 'public', version: 1 },
      domain: 'sre',
      application: 'bakery',
      cluster: 'embedded',
      timeline: { warmUp: '5m', baseline: '6m', incident: '20m' },
      faults: [],
      ...change,
    },
    bakery,
    { seed: withSeed, startMs: 0, provider: 'embedded' },
  );
}

function plan(change: Partial<Scenario>, withSeed?: string): Plan {
  const result = planned(change, withSeed);
  if (!result.ok) throw new Error(result.diagnostics.map((d) => `${d.code} ${d.message}`).join('\n'));
  return result.value;
}

const mistakes = (change: Partial<Scenario>) =>
  planned(change).diagnostics.map((d) => `${d.code} ${d.message}`);
const shown = (operations: readonly Operation[]) => operations.map((o) => [o.role, o.action.verb]);

describe('a change that predates the incident', () => {
  it('comes before the window and its trigger with the incident, for any seed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{32}$/), (any) => {
        const { operations, baselineMs, warmUpMs } = plan({ faults: [{ ...crash, predates: '8m' }] }, any);
        const [cause, trigger] = operations;
        expect(shown(operations)).toEqual([
          ['cause', 'patch'],
          ['trigger', 'delete-pods'],
        ]);
        expect(cause?.atMs).toBeLessThan(-baselineMs);
        expect(cause?.atMs).toBeGreaterThan(-baselineMs - warmUpMs);
        expect(trigger?.atMs).toBeGreaterThan(0);
        expect(trigger?.atMs).toBeLessThan(10_000);
      }),
      { numRuns: 30 },
    );
  });

  it('changes the same objects in the same way as one that does not', () => {
    const actions = (predates?: string) =>
      plan({ faults: [{ ...crash, ...(predates === undefined ? {} : { predates }) }] }).operations.map(
        ({ action }) => action,
      );
    expect(actions('8m')).toEqual(actions());
  });

  it('is refused where nothing would make it wait', () => {
    expect(
      mistakes({
        faults: [{ fault: 'image-not-found', predates: '8m', args: { target: 'back/oven' } }],
      }),
    ).toEqual([expect.stringMatching(/^SCN017 .*as soon as it is made/)]);
  });
});

describe('a trigger', () => {
  it('replaces fewer pods, or one after the other, and leaves the cause as it is', () => {
    const whole = plan({ faults: [crash] }).operations;
    const one = plan({ faults: [{ ...crash, trigger: { pods: 1 } }] }).operations;
    const slow = plan({ faults: [{ ...crash, trigger: { over: '6m' } }] }).operations;
    expect(one[0]).toEqual(whole[0]);
    expect(one[1]?.action).toMatchObject({ verb: 'delete-pods', count: 1 });
    expect(one).toHaveLength(2);
    const [, first, last] = [...slow.slice(0, 2), slow.at(-1)];
    expect(slow.slice(1).every(({ action }) => action.verb === 'delete-pods' && action.count === 1)).toBe(
      true,
    );
    expect((last?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(350_000);
  });

  it('gives expectations the time it takes', () => {
    const latest = (change: object) =>
      Math.max(...plan({ faults: [{ ...crash, ...change }] }).expectations.map(({ withinMs }) => withinMs));
    expect(latest({ trigger: { over: '6m' } }) - latest({})).toBe(360_000);
  });

  it('is refused where there are fewer pods, or none to replace', () => {
    expect(mistakes({ faults: [{ ...crash, trigger: { pods: 40 } }] })).toEqual([
      expect.stringMatching(/^SCN017 back\/Deployment\/orders has \d pods, not 40/),
    ]);
    expect(mistakes({ faults: [{ ...crash, trigger: { pods: 1, over: '2m' } }] })).toEqual([
      expect.stringMatching(/^SCN017 one pod/),
    ]);
    expect(
      mistakes({
        faults: [{ fault: 'image-not-found', trigger: { pods: 1 }, args: { target: 'back/oven' } }],
      }),
    ).toEqual([expect.stringMatching(/^SCN017 this fault replaces no pods/)]);
  });
});

describe('waves of load', () => {
  const waves = { every: '4m', lasts: '90s', factor: 1.5 };

  it('come before the incident and in it, rise and fall in turn, and stay in the twin, for any seed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{32}$/), (any) => {
        const { operations, incidentMs } = plan({ load: { waves } }, any);
        const factors = operations.map(({ action }) => (action.verb === 'set-load' ? action.factor : 0));
        expect(factors).toEqual(factors.map((_, index) => (index % 2 === 0 ? 1.5 : 1)));
        expect(operations[0]?.atMs).toBeLessThan(-360_000);
        expect(operations.at(-1)?.atMs).toBeLessThan(incidentMs + 10_000);
        expect(operations.at(-1)?.atMs).toBeGreaterThan(incidentMs - 480_000);
        expect(operations.every(({ role }) => role === 'cover')).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('are the only ones to set the load', () => {
    expect(
      mistakes({
        load: { waves },
        faults: [{ fault: 'connection-pool-exhausted', args: { target: 'back/orders', limit: 1, load: 3 } }],
      }),
    ).toEqual(['SCN006 connection-pool-exhausted and load.waves both set the load']);
  });
});
