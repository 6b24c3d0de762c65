import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';
import { isGuessable, newSeed } from '../../src/author/seed.ts';
import { readPrivate } from '../../src/snapshot/private/truth.ts';
import { culprit } from '../cli/culprit.ts';
import { smallScenario, temporaryFolder } from '../helpers/small-scenario.ts';

test('a held-out task tells its scenario, seed and times to who has the key, and to nobody else', async () => {
  await using folder = await temporaryFolder();
  const name = 'no-goods-on-monday';
  const scenario = await smallScenario(folder.path, name, {
    metadata: { name, summary: 'Nobody finds any goods', category: 'release', split: 'held-out', version: 1 },
    seed: 'a7c3e91b5d2f80467e3b9c14f6d8025a',
  });
  const run = (...args: string[]) => culprit(args, folder.path);
  const built = await run('build', scenario, '--out', 'tasks', '--lock');
  expect(built.code, built.stderr).toBe(0);
  const [task = ''] = (await readdir(join(folder.path, 'tasks'))).filter((one) => one !== 'lock.json');
  const bundle = join(folder.path, 'tasks', task);
  const lock = JSON.parse(readFileSync(join(folder.path, 'tasks/lock.json'), 'utf8')) as { tasks: object[] };
  expect(lock.tasks.map((one) => Object.keys(one).sort())).toEqual([['digest', 'task']]);

  const { provenance } = await readPrivate(bundle);
  const { incident } = provenance['window'] as { incident: string };
  const secrets = [name, 'Nobody finds any goods', provenance['seed'], provenance['twinDigest'], incident];
  const key = await generateX25519Identity();
  await writeFile(join(folder.path, 'key.txt'), `${key}\n`);
  await run('snapshot', 'seal', bundle, '--recipient', await identityToRecipient(key));

  const open = [built.stdout, built.stderr, readFileSync(join(folder.path, 'tasks/lock.json'), 'utf8')];
  for (const entry of await readdir(bundle, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) open.push(entry.name, await readFile(join(entry.parentPath, entry.name), 'latin1'));
  for (const secret of secrets) {
    expect(typeof secret).toBe('string');
    expect(open.filter((text) => text.includes(String(secret)))).toEqual([]);
  }

  const dir = ['--dir', 'tasks'];
  expect(await run('regenerate', task, ...dir)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('sealed'),
  });
  const again = await run('regenerate', task, ...dir, '--identity', 'key.txt');
  expect([again.code, again.stdout], again.stderr).toEqual([0, expect.stringContaining('same bytes')]);
  expect((await readdir(join(folder.path, 'tasks'))).sort()).toEqual([task, 'lock.json'].sort());
});

test('seeds that somebody could try are refused for held-out tasks, random ones are not', async () => {
  for (const seed of ['0'.repeat(32), '0123456789abcdef0123456789abcdef', 'deadbeef'.repeat(4)])
    expect(isGuessable(seed), seed).toBe(true);
  expect(Array.from({ length: 200 }, newSeed).filter(isGuessable)).toEqual([]);
});
