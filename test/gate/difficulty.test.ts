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
  const text = await run();
  expect(text).toMatchObject({ code: 0, stdout: expect.stringContaining('Not part of this version') });
  expect(text.stdout).toMatch(/is trivial: most-warning-events/);
  expect((await run('--fail-trivial')).code).toBe(1);
  const machine = JSON.parse((await run('--json', '--repeats', '2')).stdout) as Record<string, unknown>;
  expect(machine).toMatchObject({ kind: 'Difficulty', tasks: [{ verdict: 'trivial' }] });
});
