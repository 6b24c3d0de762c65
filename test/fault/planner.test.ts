import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/json.ts';
import { planScenario, twinOperations } from '../../src/fault/planner.ts';
import type { Plan } from '../../src/spec/plan.ts';
import type { Scenario } from '../../src/spec/scenario.ts';
import { loadBakery } from './views.ts';

const bakery = await loadBakery();
const seed = '0123456789abcdef0123456789abcdef';
const scenario: Scenario = {
  apiVersion: 'culprit.dev/v1',
  kind: 'Scenario',
  metadata: { name: 'no-bread', summary: 'No bread', split: 'public', version: 1 },
  domain: 'sre',
  application: 'bakery',
  cluster: 'embedded',
  timeline: { warmUp: '1m', baseline: '10m', incident: '15m' },
  faults: [
    { fault: 'container-crash-loop', args: { target: 'back/orders', setting: 'POOL' } },
    { fault: 'image-not-found', at: '3m', args: { target: 'back/oven' } },
  ],
  distractors: [{ distractor: 'harmless-rollout', at: '1m', args: { target: 'front/counter' } }],
  cover: [{ cover: 'annotate', at: '-4m', args: { target: 'back/Deployment/oven' } }],
};

function plan(change: Partial<Scenario> = {}, withSeed = seed): Plan {
  const planned = planScenario({ ...scenario, ...change }, bakery, {
    seed: withSeed,
    startMs: 0,
    provider: 'embedded',
  });
  if (!planned.ok) throw new Error(planned.diagnostics.map((d) => `${d.code} ${d.message}`).join('\n'));
  return planned.value;
}

function codes(change: Partial<Scenario>): string[] {
  const planned = planScenario({ ...scenario, ...change }, bakery, {
    seed,
    startMs: 0,
    provider: 'embedded',
  });
  return planned.diagnostics.map((d) => `${d.code} ${d.message}`);
}

describe('planScenario', () => {
  it('waits as long, and expects as much patience, as the profile wants', () => {
    const timing = { patienceMs: 20_000, pauseShare: 0.25 };
    const planned = planScenario(scenario, bakery, { seed, startMs: 0, provider: 'embedded', timing });
    if (!planned.ok) throw new Error('no plan');
    const [usual, short] = [plan(), planned.value];
    const pause = ({ operations }: Plan) => {
      const of = (role: string) =>
        operations.find((one) => one.origin.id === 'container-crash-loop' && one.role === role)?.atMs ?? 0;
      return of('trigger') - of('cause');
    };
    // both draw the same up to 2.5 s around it
    expect(pause(usual) - pause(short)).toBe(15_000 * 0.75);
    const within = ({ expectations }: Plan, origin: string) =>
      expectations.filter((one) => one.origin === origin && one.must).map(({ withinMs }) => withinMs);
    expect(Math.max(...within(short, 'container-crash-loop'))).toBe(20_000);
    // counted from when the fault is due
    expect(Math.max(...within(short, 'image-not-found'))).toBe(200_000);
  });

  it('gives the same bytes for the same seed, and other times for another', () => {
    expect(canonicalJson(plan())).toBe(canonicalJson(plan()));
    expect(plan({}, 'f'.repeat(32)).baselineMs).not.toBe(plan().baselineMs);
  });

  it('keeps the window and moves the incident in it, for any seed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{32}$/), (any) => {
        const { baselineMs, incidentMs, operations } = plan({}, any);
        expect(baselineMs + incidentMs).toBe(25 * 60_000);
        expect(Math.abs(baselineMs - 600_000)).toBeLessThanOrEqual(90_000);
        const times = operations.map((o) => o.atMs);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        const [cause, trigger] = operations.filter((o) => o.origin.id === 'container-crash-loop');
        expect(cause?.role).toBe('cause');
        expect(trigger?.atMs).toBeGreaterThan(cause?.atMs ?? 0);
        expect(cause?.atMs).toBeGreaterThan(0);
      }),
      { numRuns: 50 },
    );
  });

  it('leaves only the causes out of the twin', () => {
    const whole = plan();
    expect(whole.operations.map((o) => [o.id, o.role])).toEqual([
      ['annotate/1', 'cover'],
      ['container-crash-loop/1', 'cause'],
      ['container-crash-loop/2', 'trigger'],
      ['harmless-rollout/1', 'cover'],
      ['image-not-found/1', 'cause'],
    ]);
    expect(twinOperations(whole)).toEqual(whole.operations.filter((o) => o.role !== 'cause'));
  });

  it("moves a fault's expectations with its start", () => {
    const late = plan().expectations.filter((e) => e.origin === 'image-not-found' && e.must);
    expect(late.every((e) => e.withinMs > 180_000)).toBe(true);
  });

  it('numbers entries that have no id of their own', () => {
    const twice = plan({
      cover: [
        ...(scenario.cover ?? []),
        { cover: 'annotate', at: '2m', args: { target: 'back/Service/oven' } },
      ],
    });
    expect(twice.operations.map((o) => o.id)).toContain('annotate-2/1');
  });

  it('judges a window for every seed that may be drawn, where the scenario has none', () => {
    const short = { timeline: { warmUp: '1m', baseline: '10m', incident: '6m' } };
    const [fault] = scenario.faults;
    const refusals = (change: Partial<Scenario>, withSeed: string) =>
      planScenario({ ...scenario, ...short, faults: [fault!], ...change }, bakery, {
        seed: withSeed,
        startMs: 0,
        provider: 'embedded',
      }).diagnostics.map(({ message }) => message);
    const seeds = Array.from({ length: 20 }, (_, index) => index.toString(16).padStart(32, 'c'));
    const given = seeds.map((one) => refusals({ seed: one }, one).length);
    // some seeds leave time enough, others do not
    expect([Math.min(...given), Math.max(...given)]).toEqual([0, 1]);
    const drawn = new Set(seeds.flatMap((one) => refusals({}, one)));
    expect([...drawn]).toEqual([expect.stringMatching(/needs up to .* may last only 4m30s$/)]);
  });

  it('refuses two entries that change one field, a window that is too short, and unknown things, all at once', () => {
    expect(
      codes({
        timeline: { warmUp: '1m', baseline: '2m', incident: '3m' },
        faults: [
          { fault: 'image-not-found', args: { target: 'back/oven' } },
          { fault: 'imagenotfound', args: {} },
          { fault: 'image-not-found', args: { target: 'back/ovens' } },
          { fault: 'image-not-found', args: { traget: 'back/oven' } },
        ],
        distractors: [],
        cover: [
          { cover: 'image-bump', at: '1m', args: { target: 'back/orders' } },
          { cover: 'restart', at: '1m', args: { target: 'back/oven' } },
        ],
      }),
    ).toEqual([
      'SCN003 unknown fault "imagenotfound"',
      'SCN004 workload "back/ovens" is not in the application',
      expect.stringContaining('traget'),
      expect.stringContaining('SCN010 image-not-found needs up to'),
    ]);
    expect(
      codes({
        distractors: [{ distractor: 'harmless-rollout', args: { target: 'back/orders', tag: '2.2' } }],
        faults: [{ fault: 'image-not-found', args: { target: 'back/orders' } }],
      }),
    ).toEqual([
      'SCN006 harmless-rollout and image-not-found change the same field: /spec/template/spec/containers/[orders]/image of back/Deployment/orders',
    ]);
  });
});
