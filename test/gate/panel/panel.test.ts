import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { estimateCost } from '../../../src/gate/panel/estimate-cost.ts';
import { measurePanel } from '../../../src/gate/panel/measure-panel.ts';
import type { Panel } from '../../../src/spec/panel.ts';
import { difficultyThresholds } from '../../../src/spec/suite-difficulty.ts';
import { fakeSandbox } from '../../harness/fake-sandbox.ts';
import { rootCause, tinyBundles } from '../../harness/tiny-bundle.ts';
import { temporaryFolder } from '../../helpers/small-scenario.ts';

const thresholds = difficultyThresholds();
const price = { input: 1, output: 10 };

/** Scripts that are right about the first tasks, more of them the stronger the model is. */
function scripts(folder: string, tasks: readonly string[], strengths: readonly number[]): Panel['members'] {
  return strengths.map((strength, index) => {
    const answers = Object.fromEntries(
      tasks.map((task, at) => [task, [{ answer: [at < strength ? rootCause : 'shop/Deployment/checkout'] }]]),
    );
    writeFileSync(
      join(folder, `model-${index}.yaml`),
      JSON.stringify({ apiVersion: 'culprit.dev/v1', kind: 'Script', tasks: answers }),
    );
    return { name: `m${index}`, model: `scripted/model-${index}.yaml`, price };
  });
}

function panelOf(members: Panel['members'], more: Partial<Panel> = {}): Panel {
  return {
    apiVersion: 'culprit.dev/v1',
    kind: 'Panel',
    metadata: { name: 'test', summary: 'scripts' },
    members,
    repeats: { least: 2, most: 12 },
    probes: { withoutEvidence: 0, renamed: 0 },
    ...more,
  };
}

describe('a panel', () => {
  it('settles bands early, tells strong from weak, finds memory, and is continued without a new sample', async () => {
    await using folder = await temporaryFolder();
    const { bundles, tasks } = await tinyBundles(4);
    // nobody is right about the last task; all are about the first
    const panel = panelOf(scripts(folder.path, tasks, [1, 2, 3, 3]), {
      probes: { withoutEvidence: 2, renamed: 2 },
    });
    let samples = 0;
    const measure = (changed: Partial<Panel> = {}) =>
      measurePanel(
        { ...panel, ...changed },
        join(folder.path, 'panel.yaml'),
        bundles,
        thresholds,
        {
          directory: join(folder.path, 'run'),
          env: {},
          sandbox: fakeSandbox(),
          concurrency: 4,
          maxCostUsd: 10,
          clock: systemClock,
          signal: new AbortController().signal,
          onSample: () => samples++,
        },
        [],
      );
    const result = await measure();
    const of = (task: string) => result.tasks.find((one) => one.task === task);
    expect(of(tasks[0]!)).toMatchObject({ decision: { band: 'trivial', by: 'early' }, isOpen: false });
    expect(of(tasks[3]!)).toMatchObject({ decision: { band: 'unsolved', by: 'early' } });
    expect(of(tasks[3]!)?.rounds).toBeLessThan(12);
    expect(of(tasks[2]!)).toMatchObject({ decision: { band: 'medium' } });
    expect(result.saved).toBeGreaterThan(0);
    expect(result.members.map(({ member }) => member)).toEqual(['m0', 'm1', 'm2', 'm3']);
    expect(of(tasks[1]!)?.discrimination?.correlation).toBeGreaterThan(0.5);
    expect(of(tasks[3]!)?.difficulty?.value).toBeGreaterThan(of(tasks[0]!)?.difficulty?.value ?? 9);

    // the scripts know the answers by heart: right without evidence, lost under other names
    expect(of(tasks[0]!)?.withoutEvidence).toMatchObject({ solved: 8, samples: 8 });
    expect(of(tasks[0]!)?.withoutEvidence?.pAdjusted).toBeLessThan(1e-6);
    expect(result.members[3]?.renamed).toMatchObject({ first: 0.75, second: 0, difference: -0.75 });
    expect(result.spentUsd).toBeGreaterThan(0);
    expect(result.spentUsd).toBeLessThan(result.estimate.mostUsd);

    const first = samples;
    expect(first).toBeGreaterThan(0);
    const again = await measure();
    expect(samples).toBe(first);
    expect(again).toEqual(result);
    await expect(measure({ repeats: { least: 2, most: 20 } })).rejects.toMatchObject({ code: 'run-changed' });
  });

  it('grows with its suite: only new tasks are asked about', async () => {
    await using folder = await temporaryFolder();
    const { bundles, tasks } = await tinyBundles(2);
    const panel = panelOf(scripts(folder.path, tasks, [1, 2]), { repeats: { least: 1, most: 2 } });
    const asked: string[] = [];
    const measure = (some: readonly string[]) =>
      measurePanel(
        panel,
        join(folder.path, 'panel.yaml'),
        some,
        thresholds,
        {
          directory: join(folder.path, 'run'),
          env: {},
          sandbox: fakeSandbox(),
          concurrency: 1,
          maxCostUsd: 10,
          clock: systemClock,
          signal: new AbortController().signal,
          onSample: (_, { task }) => asked.push(task),
        },
        [],
      );
    await measure(bundles.slice(0, 1));
    expect(new Set(asked)).toEqual(new Set(tasks.slice(0, 1)));
    asked.length = 0;
    const both = await measure(bundles);
    expect(new Set(asked)).toEqual(new Set(tasks.slice(1)));
    expect(both.tasks.map(({ rounds }) => rounds)).toEqual([2, 2]);
    asked.length = 0;
    expect((await measure(bundles.slice(1))).tasks).toHaveLength(1);
    expect(asked).toEqual([]);
  });

  it('stops before it costs more than allowed and says so; nothing is settled by half a round', async () => {
    await using folder = await temporaryFolder();
    const { bundles, tasks } = await tinyBundles(2);
    const panel = panelOf(scripts(folder.path, tasks, [2, 0]), {
      members: scripts(folder.path, tasks, [2, 0]).map((member) => ({
        ...member,
        settings: { maxTokens: 100 },
        price: { input: 1000, output: 1000 },
      })),
    });
    const result = await measurePanel(
      panel,
      join(folder.path, 'panel.yaml'),
      bundles,
      thresholds,
      {
        directory: join(folder.path, 'run'),
        env: {},
        sandbox: fakeSandbox(),
        concurrency: 1,
        maxCostUsd: 6,
        clock: systemClock,
        signal: new AbortController().signal,
      },
      [],
    );
    expect(result.stopped.join()).toMatch(/would cost more than \$6/);
    expect(result.spentUsd).toBeLessThanOrEqual(6);
    for (const task of result.tasks) {
      expect(task).toMatchObject({ isOpen: true, decision: { band: 'undetermined' } });
      expect(task.decision.trials % 2).toBe(0);
    }
  });

  it('takes solvers without a model as members and needs no sandbox for them', async () => {
    await using folder = await temporaryFolder();
    const { bundles } = await tinyBundles(1);
    mkdirSync(join(folder.path, 'run'));
    const runtime = {
      directory: join(folder.path, 'run'),
      env: {},
      sandbox: undefined,
      concurrency: 1,
      maxCostUsd: undefined,
      clock: systemClock,
      signal: new AbortController().signal,
    };
    const measure = (agent: string) =>
      measurePanel(panelOf([{ agent }]), join(folder.path, 'p'), bundles, thresholds, runtime, []);
    await expect(measure('ensembel')).rejects.toMatchObject({ code: 'unknown-name' });
    const result = await measure('ensemble');
    expect(result.members).toMatchObject([{ member: 'ensemble', aggregate: { tasks: 1 } }]);
    expect(result.members[0]).not.toHaveProperty('model');
    expect(readFileSync(join(folder.path, 'run', 'as-built', 'run.json'), 'utf8')).toContain('"ensemble"');
  });
});

it('the estimate grows with the square of the turns, falls with a cache, and counts probes', () => {
  const member = (turns: number, cachedInput?: number) => ({
    model: 'openai/x',
    price: { input: 2, output: 8, ...(cachedInput === undefined ? {} : { cachedInput }) },
    typical: { turns, tokensPerTurn: 1000, outputPerTurn: 100 },
  });
  const usd = (of: ReturnType<typeof member>, more: Partial<Panel> = {}) =>
    estimateCost(panelOf([of], more), { tasks: 10, withCauses: 8 });
  expect(usd(member(40)).mostUsd / usd(member(20)).mostUsd).toBeGreaterThan(3);
  expect(usd(member(20, 0.2)).mostUsd).toBeLessThan(usd(member(20)).mostUsd / 3);
  expect(usd(member(20))).toMatchObject({ members: [{ samples: [20, 120] }] });
  expect(usd(member(20), { probes: { withoutEvidence: 1, renamed: 2 } }).members[0]?.samples).toEqual([
    44, 144,
  ]);
  expect(usd(member(200), { limits: { turns: 10 } }).members[0]?.turns).toBe(10);
});
