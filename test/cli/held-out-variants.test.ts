import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, it } from 'vitest';
import { readPrivate } from '../../src/snapshot/private/truth.ts';
import { temporaryFolder } from '../helpers/small-scenario.ts';
import { culprit } from './culprit.ts';

const template = `apiVersion: culprit.dev/v1
kind: ScenarioTemplate
metadata: { name: night, summary: Guests complain, version: 1 }
count: 1
attempts: 4
base:
  domain: sre
  application: hotel
  cluster: embedded
  timeline: { warmUp: 3m, baseline: 3m, incident: 8m }
  load: { requestsPerSecond: 8 }
  telemetry: { traceSampling: 0.05 }
choose:
  - name: cause
    from:
      - where: { peer: [booking/Deployment/reservations, booking/Deployment/availability] }
        merge:
          faults:
            - fault: network-policy-deny
              args: { variant: remove-peer, policy: house/NetworkPolicy/rooms-callers, peer: $peer }
`;

it('a held-out variant is generated, sealed, and scored, judged and built again by who has the key', async () => {
  await using folder = await temporaryFolder();
  const run = (...args: string[]) => culprit(args, folder.path);
  await writeFile(join(folder.path, 'night.yaml'), template);
  const made = await run(
    'scenario',
    'generate',
    'night.yaml',
    '--held-out',
    '--out',
    'secret',
    '--jobs',
    '1',
  );
  expect(made.code, made.stdout + made.stderr).toBe(0);

  const bundles = join(folder.path, 'secret', 'bundles');
  const [task = ''] = (await readdir(bundles)).filter((name) => name !== 'lock.json');
  const lock = JSON.parse(await readFile(join(bundles, 'lock.json'), 'utf8')) as { tasks: object[] };
  expect(lock.tasks.map((entry) => Object.keys(entry).sort())).toEqual([['digest', 'task']]);
  const bundle = join('secret', 'bundles', task);
  const { groundTruth, provenance } = await readPrivate(join(folder.path, bundle));
  const key = await generateX25519Identity();
  await writeFile(join(folder.path, 'key.txt'), `${key}\n`);
  const sealed = await run('snapshot', 'seal', bundle, '--recipient', await identityToRecipient(key));
  expect(sealed.code, sealed.stderr).toBe(0);
  await expect(stat(join(folder.path, bundle, 'private'))).rejects.toThrow(/ENOENT/);

  const answer = { contributing_factors: groundTruth.rootCauses.map(({ entity }) => ({ name: entity })) };
  await writeFile(join(folder.path, 'answer.json'), JSON.stringify(answer));
  const score = ['score', '--task', bundle, '--submission', 'answer.json'];
  expect(await run(...score)).toMatchObject({ code: 3, stderr: expect.stringContaining('sealed') });
  const withKey = ['--identity', 'key.txt'];
  expect((await run(...score, ...withKey)).stdout).toContain('score 1.000');

  const again = await run('regenerate', task, '--dir', join('secret', 'bundles'), ...withKey);
  expect([again.code, again.stdout], again.stderr).toEqual([0, expect.stringContaining('same bytes')]);
  const judged = await run('difficulty', bundle, '--rebuild', ...withKey);
  expect(judged.stdout).toMatch(/reproducible, built again +4 +ok/i);
  // neither the name of the variant nor its seed is told
  for (const text of [judged.stdout, judged.stderr, again.stdout, again.stderr])
    for (const secret of [String(provenance['seed']), 'night-'])
      expect(text.includes(secret), secret).toBe(false);
});
