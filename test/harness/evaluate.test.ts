import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildTasks } from '../../src/gate/build/build-tasks.ts';
import { culprit } from '../cli/culprit.ts';
import { smallScenario, temporaryFolder } from '../helpers/small-scenario.ts';

test('eval, score and report: the reference agents score as they must, and scoring can be repeated', async () => {
  await using folder = await temporaryFolder();
  const scenarios = [
    await smallScenario(folder.path, 'release'),
    await smallScenario(folder.path, 'calm', { faults: [], seed: 'ffffffffffffffffffffffffffffffff' }),
  ];
  const bundles = join(folder.path, 'bundles');
  await buildTasks(
    scenarios.map((scenario) => ({ scenario, out: bundles })),
    { jobs: 2 },
  );
  const run = join(folder.path, 'run');

  const evaluated = await culprit(
    [
      'eval',
      bundles,
      '--agent',
      'oracle',
      'nop',
      'shotgun',
      'loudest-alert',
      '--repeats',
      '2',
      '--out',
      run,
      '--json',
    ],
    folder.path,
  );
  expect(evaluated.code).toBe(0);
  const scores = JSON.parse(evaluated.stdout) as {
    results: { agent: string; aggregate: { score: number; falseAlarmRate: number } }[];
    samples: unknown[];
  };
  const of = (agent: string) => scores.results.find((result) => result.agent === agent)?.aggregate;
  expect(of('oracle')).toMatchObject({ score: 1, falseAlarmRate: 0 });
  expect(of('nop')).toMatchObject({ score: 0, falseAlarmRate: 1 });
  expect(of('shotgun')!.score).toBeGreaterThan(0);
  expect(of('shotgun')!.score).toBeLessThan(0.02);
  expect(scores.samples).toHaveLength(2 * 4 * 2);

  // a sample that is not finished is made again, finished ones are not touched
  const task = scores.samples[0] as { task: string };
  const sample = join(run, 'samples', task.task, 'oracle-0');
  await rm(join(sample, 'result.json'));
  await writeFile(join(run, 'samples', task.task, 'nop-0', 'agent_output.json'), 'prose');
  const again = await culprit(
    [
      'eval',
      bundles,
      '--agent',
      'oracle',
      'nop',
      'shotgun',
      'loudest-alert',
      '--repeats',
      '2',
      '--out',
      run,
      '--json',
    ],
    folder.path,
  );
  expect(again.code).toBe(0);
  expect(JSON.parse(await readFile(join(sample, 'result.json'), 'utf8'))).toMatchObject({
    exitReason: 'submitted',
  });
  expect(again.stdout).toContain('the file is not JSON');

  const changed = await culprit(['eval', bundles, '--agent', 'oracle', '--out', run], folder.path);
  expect([changed.code, changed.stderr]).toEqual([2, expect.stringContaining('other settings')]);

  const report = await culprit(['report', run, '--pages', join(folder.path, 'pages')], folder.path);
  expect(report.stdout.trim().split('\n')).toHaveLength(3);
});

test('a single answer is scored with a verdict for every name; a broken one is told apart', async () => {
  await using folder = await temporaryFolder();
  const out = join(folder.path, 'bundles');
  const [outcome] = await buildTasks([{ scenario: await smallScenario(folder.path, 'release'), out }], {
    jobs: 1,
  });
  const bundle = (outcome as { directory: string }).directory;
  const answer = join(folder.path, 'agent_output.json');
  await writeFile(
    answer,
    JSON.stringify({
      contributing_factors: [
        { name: 'storefront/deploy/search' },
        { name: 'storefront/Deployment/web-frontend' },
      ],
    }),
  );
  const scored = await culprit(['score', '--task', bundle, '--submission', answer], folder.path);
  expect(scored.stdout).toMatch(/score 0\.500 .*root-cause .*symptom /s);
  await writeFile(answer, 'x'.repeat(5_000_000));
  expect((await culprit(['score', '--task', bundle, '--submission', answer], folder.path)).stdout).toMatch(
    /score 0\.000.*at most/s,
  );
});

test('what is no bundle is said to be none', async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'empty'));
  const { code, stderr } = await culprit(['eval', join(folder.path, 'empty'), '--agent', 'nop'], folder.path);
  expect([code, stderr]).toEqual([2, expect.stringContaining('no bundle')]);
});
