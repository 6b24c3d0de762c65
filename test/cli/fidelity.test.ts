import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/small-scenario.ts';
import { culprit } from './culprit.ts';

const task = 'e9z04fr8ar';
const bundle = join(import.meta.dirname, '..', '..', 'snapshots', task);

it('fidelity fails below the share that is asked for, and writes the report all the same', async () => {
  await using folder = await temporaryFolder();
  for (const side of ['embedded', 'kind'])
    await cp(bundle, join(folder.path, side, task), { recursive: true });
  const compare = (...share: string[]) =>
    culprit(
      ['fidelity', '--embedded', 'embedded', '--kind', 'kind', '--markdown', 'it.md', ...share],
      folder.path,
    );

  expect(await compare('--at-least', '1')).toMatchObject({ code: 0 });
  const alerts = join(folder.path, 'kind', task, 'public', 'alerts.jsonl');
  const lines = (await readFile(alerts, 'utf8')).split('\n').filter((line) => line.includes('"firing"'));
  await writeFile(alerts, `${lines.slice(0, 5).join('\n')}\n`);
  expect(await compare()).toMatchObject({ code: 0 });
  const short = await compare('--at-least', '0.9');
  expect(short).toMatchObject({ code: 1, stdout: expect.stringMatching(/^alerts +0\.\d+/m) });
  expect(await readFile(join(folder.path, 'it.md'), 'utf8')).toContain('**alerts**');
  expect(await compare('--at-least', '9')).toMatchObject({ code: 2 });
});
