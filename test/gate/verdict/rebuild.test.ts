import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rebuildTasks } from '../../../src/gate/verdict/rebuild.ts';
import { smallBundle } from '../../helpers/small-bundle.ts';
import { temporaryFolder } from '../../helpers/small-scenario.ts';

it('a bundle whose scenario is not known cannot be built again, and the gate says what would help', async () => {
  await using folder = await temporaryFolder();
  const bundle = await smallBundle(join(folder.path, 'bundle'));
  const results = await rebuildTasks([bundle], {
    identities: [],
    scenarios: [],
    jobs: 1,
    signal: new AbortController().signal,
  });
  expect(results.get(bundle)).toMatchObject({
    gate: 'reproducible, built again',
    ok: false,
    problems: [expect.stringContaining('give --suite')],
  });
});
