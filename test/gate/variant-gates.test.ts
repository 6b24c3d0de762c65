import { expect, it } from 'vitest';
import { floorRefusal, variantGates } from '../../src/gate/variants/variant-gates.ts';
import { buildRecording, event, pod, window } from '../helpers/recording.ts';
import { smallBundle } from '../helpers/small-bundle.ts';
import { temporaryFolder } from '../helpers/small-scenario.ts';

it('refuses a bundle with findings and says where, before it asks how hard it is', async () => {
  await using folder = await temporaryFolder();
  const { signal } = new AbortController();
  const gates = variantGates('trivial', signal);
  const refused = await gates.judge(
    await smallBundle(folder.path, {
      recording: buildRecording({
        events: [
          event('shop/NetworkPolicy/checkout', 'Odd', 'fault injected', window.incidentMs, 9),
          event(`shop/Pod/${pod}`, 'Unhealthy', 'no', window.incidentMs, 3),
        ],
      }),
    }),
  );
  expect(refused?.gate).toBe('lint');
  expect(refused?.why.join('\n')).toMatch(/^public\/events\.jsonl:\d+ LEK\d{3} .*inject/m);
});

it('refuses what one look solves, or any solver that looks, as the template asks', async () => {
  const solver = (name: string, level: 'trivial' | 'simple' | 'chance', solved: number) => ({
    solver: name,
    level,
    score: solved,
    solved,
  });
  const task = {
    control: false,
    gates: [],
    solvers: [
      solver('first-alert', 'trivial', 0),
      solver('random-walk', 'simple', 1),
      solver('ensemble', 'simple', 1),
      solver('random-pick', 'chance', 1),
    ],
  };
  expect(floorRefusal(task, 'trivial')).toBeUndefined();
  expect(floorRefusal(task, 'heuristics')?.why).toEqual(['solved without a model by random-walk']);
  const looked = { ...task, solvers: [solver('first-alert', 'trivial', 1)] };
  expect(floorRefusal(looked, 'trivial')?.gate).toBe('floor');
  expect(floorRefusal({ ...looked, control: true }, 'trivial')).toBeUndefined();
  const gate = { gate: 'oracle', ok: false, tried: 1, problems: ['scores 0'] };
  expect(floorRefusal({ ...task, gates: [gate] }, 'trivial')).toEqual({
    gate: 'self-test',
    why: ['oracle: scores 0'],
  });
});
