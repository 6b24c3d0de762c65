import { readdirSync, readFileSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, it } from 'vitest';
import { createTaskScorer } from '../../src/scoring/score-run.ts';
import { openBundle, sealBundle } from '../../src/snapshot/seal.ts';
import { parseIdentities, parseRecipients } from '../../src/snapshot/seal-keys.ts';
import { verifyBundle } from '../../src/snapshot/verify-bundle.ts';
import { culprit } from '../cli/culprit.ts';
import { smallBundle } from '../helpers/small-bundle.ts';
import { temporaryFolder } from '../helpers/small-scenario.ts';

const privateOf = (bundle: string) =>
  readdirSync(join(bundle, 'private')).map((name) => [
    name,
    readFileSync(join(bundle, 'private', name), 'utf8'),
  ]);

it('seals the truth to two keys: each of them scores and opens, nobody else does', async () => {
  await using folder = await temporaryFolder();
  const bundle = await smallBundle(folder.path);
  const before = privateOf(bundle);
  const [first, second, other] = await Promise.all([1, 2, 3].map(() => generateX25519Identity()));
  await sealBundle(bundle, await Promise.all([first!, second!].map((key) => identityToRecipient(key))));

  expect(readdirSync(bundle).sort()).toEqual(['manifest.json', 'private.age', 'public', 'recipients.txt']);
  expect(await verifyBundle(bundle)).toMatchObject({ private: 'sealed', findings: [] });
  const open = readdirSync(bundle, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  for (const entry of open)
    expect(readFileSync(join(entry.parentPath, entry.name), 'latin1')).not.toContain(
      'ingress from frontend denied',
    );

  const answer = JSON.stringify({ contributing_factors: [{ name: 'shop/NetworkPolicy/checkout' }] });
  for (const key of [first!, second!])
    expect((await createTaskScorer(bundle, 'collapse', [key])).score(answer).value).toBe(1);
  expect((await createTaskScorer(bundle, 'collapse', [other!, second!])).score(answer).value).toBe(1);
  const wanted = await identityToRecipient(first!);
  await expect(createTaskScorer(bundle)).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(new RegExp(`sealed; it takes the secret key of .*${wanted}`)),
  });
  await expect(createTaskScorer(bundle, 'collapse', [other!])).rejects.toMatchObject({
    code: 'wrong-key',
    exitCode: 2,
    message: expect.stringContaining(wanted),
  });
  await expect(openBundle(bundle, [other!])).rejects.toMatchObject({ code: 'wrong-key' });

  await openBundle(bundle, [second!]);
  expect(privateOf(bundle)).toEqual(before);
  expect(await verifyBundle(bundle)).toMatchObject({ private: 'checked', findings: [] });
  await expect(openBundle(bundle, [second!])).rejects.toMatchObject({ code: 'already-open' });
});

it('refuses a seal that was damaged, exchanged, or made over a truth that was not committed to', async () => {
  await using folder = await temporaryFolder();
  const bundle = await smallBundle(folder.path);
  const another = await smallBundle(folder.path, { seed: 'ffeeddccbbaa99887766554433221100' });
  const key = await generateX25519Identity();
  const recipient = await identityToRecipient(key);
  const changed = join(folder.path, 'changed');
  await cp(bundle, changed, { recursive: true });
  await writeFile(join(changed, 'private/plan.yaml'), 'operations: []\n');
  await expect(sealBundle(changed, [recipient])).rejects.toMatchObject({ code: 'not-committed' });
  await expect(sealBundle(bundle, ['age1nobody'])).rejects.toMatchObject({ code: 'recipient' });

  await sealBundle(bundle, [recipient]);
  await sealBundle(another, [recipient]);
  await expect(sealBundle(bundle, [recipient])).rejects.toMatchObject({ code: 'no-private-part' });
  const sealed = await readFile(join(bundle, 'private.age'));
  await cp(join(another, 'private.age'), join(bundle, 'private.age'));
  await expect(createTaskScorer(bundle, 'collapse', [key])).rejects.toMatchObject({ code: 'not-committed' });
  sealed[sealed.length - 40]! ^= 1;
  await writeFile(join(bundle, 'private.age'), sealed);
  await expect(openBundle(bundle, [key])).rejects.toMatchObject({ code: 'seal-broken' });
});

it('reads key files, and never quotes a secret in an error', () => {
  expect(parseIdentities('# created: today\n\n AGE-SECRET-KEY-1QQPQ \n', 'key.txt')).toEqual([
    'AGE-SECRET-KEY-1QQPQ',
  ]);
  expect(parseRecipients('age1qqpq # no comment here'.slice(0, 8), 'x')).toEqual(['age1qqpq']);
  const error = (() => {
    try {
      return parseIdentities('# a\nAGE-SECRET-KEY-1broken', 'key.txt');
    } catch (caught) {
      return caught as Error;
    }
  })() as Error;
  expect(error.message).toBe('key.txt:2 is no secret key of age');
  expect(() => parseIdentities('# nothing\n', 'key.txt')).toThrow('holds no secret key');
});

it('culprit snapshot seal, score and open', async () => {
  await using folder = await temporaryFolder();
  const bundle = await smallBundle(folder.path);
  const key = await generateX25519Identity();
  await writeFile(join(folder.path, 'key.txt'), `${key}\n`);
  await writeFile(join(folder.path, 'answer.json'), JSON.stringify({ contributing_factors: [] }));
  const run = (...args: string[]) => culprit(args, folder.path);
  expect(await run('snapshot', 'seal', bundle, '--recipient', await identityToRecipient(key))).toMatchObject({
    code: 0,
  });
  const score = ['score', '--task', bundle, '--submission', 'answer.json'];
  expect(await run(...score)).toMatchObject({ code: 3, stderr: expect.stringContaining('--identity') });
  expect(await run(...score, '--identity', 'key.txt')).toMatchObject({ code: 0 });
  expect(await run('snapshot', 'open', bundle, '--identity', 'key.txt')).toMatchObject({ code: 0 });
  expect(await run(...score)).toMatchObject({ code: 0 });
});
