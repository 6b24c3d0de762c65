import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { floorOf, measureDifficulty } from '../../src/gate/floor/difficulty.ts';
import { floorSolvers } from '../../src/harness/agents/floor.ts';
import { culprit } from '../cli/culprit.ts';
import { buildRecording, event, pod, window } from '../helpers/recording.ts';
import { smallBundle } from '../helpers/small-bundle.ts';
import { temporaryFolder } from '../helpers/small-scenario.ts';

it('a task that one look solves is trivial, one that none solves stays undetermined', async () => {
  await using folder = await temporaryFolder();
  const options = { repeats: 4, signal: new AbortController().signal };
  const plain = await measureDifficulty(await smallBundle(join(folder.path, 'plain')), options);
  expect(plain).toMatchObject({ causes: 1, control: false, verdict: 'undetermined', trivialFor: [] });
  expect(plain.solvers.map(({ solver }) => solver)).toEqual(floorSolvers.map(({ name }) => name));
  for (const gate of plain.gates) expect(gate).toMatchObject({ ok: true, problems: [] });

  // the cause itself is what Kubernetes complains about
  const loud = buildRecording({
    events: [
      event('shop/NetworkPolicy/checkout', 'Odd', 'look here', window.incidentMs, 9),
      event(`shop/Pod/${pod}`, 'Unhealthy', 'no', window.incidentMs, 3),
    ],
  });
  const trivial = await measureDifficulty(
    await smallBundle(join(folder.path, 'loud'), {
      recording: loud,
      seed: 'ffeeddccbbaa99887766554433221100',
    }),
    options,
  );
  expect(trivial).toMatchObject({ verdict: 'trivial', trivialFor: ['most-warning-events'] });
  expect(floorOf([plain, trivial]).find(({ solver }) => solver === 'most-warning-events')).toMatchObject({
    solved: 1,
    score: 0.5,
  });

  const run = (...args: string[]) => culprit(['difficulty', join(folder.path, 'loud'), ...args], folder.path);
  const text = await run('--html', 'page.html');
  // this recording was never built: nothing proves its effect
  expect(text).toMatchObject({ code: 1, stdout: expect.stringContaining('0 of 1 tasks are sound') });
  expect(text.stdout).toMatch(/free points: a solver without a thought is right \(most-warning-events\)/);
  expect(text.stdout).toMatch(/effect: the bundle holds no proof of the effect/);
  expect(text.stdout).toMatch(/Not measured:\n {2}the reference panel/);
  expect(readFileSync(join(folder.path, 'page.html'), 'utf8')).toContain('by a heuristic');

  writeFileSync(
    join(folder.path, 'suite.yaml'),
    `apiVersion: culprit.dev/v1
kind: Suite
metadata: { name: tiny, summary: one loud task, version: 1 }
scenarios: [suite.yaml]
dropped:
  - { task: quiet.yaml, reason: every model solved it, date: 2026-11-23, becauseOfPanel: true }
`,
  );
  const machine = JSON.parse(
    (await run('--json', '--repeats', '2', '--suite', 'suite.yaml')).stdout,
  ) as unknown;
  expect(machine).toMatchObject({
    kind: 'Difficulty',
    suite: 'tiny',
    tasks: [{ verdict: 'unsound', band: 'trivial', bandBy: 'heuristics' }],
    problems: [
      expect.stringMatching(/^1 tasks are trivial, 0 may be/),
      expect.stringMatching(/asks for 50 %/),
    ],
    dropped: [{ task: 'quiet.yaml', becauseOfPanel: true }],
  });
});

it('the panel is asked for money before the first call', async () => {
  await using folder = await temporaryFolder();
  await smallBundle(join(folder.path, 'bundles'));
  const write = (name: string, value: unknown) =>
    writeFileSync(join(folder.path, name), JSON.stringify(value));
  write('right.yaml', {
    apiVersion: 'culprit.dev/v1',
    kind: 'Script',
    turns: [{ answer: ['shop/NetworkPolicy/checkout'] }],
  });
  write('panel.yaml', {
    apiVersion: 'culprit.dev/v1',
    kind: 'Panel',
    metadata: { name: 'one', summary: 'one script' },
    members: [{ name: 'right', model: 'scripted/right.yaml', price: { input: 1, output: 1 } }],
    repeats: { least: 1, most: 3 },
    probes: { withoutEvidence: 2, renamed: 1 },
  });
  const run = (...args: string[]) =>
    culprit(['difficulty', 'bundles', '--panel', 'panel.yaml', '--sandbox', 'none', ...args], folder.path);
  const asked = await run();
  expect(asked).toMatchObject({ code: 2, stdout: '' });
  expect(asked.stderr).toMatch(/estimate: 4 to 6 samples of 1 models, \$[\d.]+ to \$[\d.]+; no cap/);
  expect(asked.stderr).toMatch(/--max-cost USD stops it/);
  const done = await run('--max-cost', '1', '--html', 'page.html');
  expect(done.stdout).toMatch(/saturated: right, the weakest model, was right in all of 3 samples/);
  expect(done.stdout).toMatch(/memorised: 2 of 2 answers without any evidence are right/);
  expect(done.stdout).toMatch(/the sandbox none did not isolate/);
  const page = readFileSync(join(folder.path, 'page.html'), 'utf8');
  expect(page).toMatch(/Tasks by member of the panel/);
  expect(page).not.toMatch(/src=|url\(|https?:/);
  const fewer = await run('--max-cost', '0.0001', '--run', 'capped');
  expect(fewer).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/NOT DONE: stopped before the run would cost/),
  });
});
