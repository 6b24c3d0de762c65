import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scenarioGenerate } from '../../src/cli/commands/scenario-generate.ts';
import { temporaryFolder } from '../helpers/small-scenario.ts';

const template = `apiVersion: culprit.dev/v1
kind: ScenarioTemplate
metadata: { name: small, summary: Something is wrong, version: 1 }
count: 2
base:
  domain: sre
  application: hotel
  cluster: embedded
  timeline: { warmUp: 3m, baseline: 3m, incident: 6m }
choose:
  - name: cause
    from:
      - where: { target: { kind: Deployment, namespaces: [house] } }
        merge: { faults: [{ fault: image-not-found, args: { target: $target } }] }
`;

type Options = Partial<Parameters<typeof scenarioGenerate>[0]>;

async function run(cwd: string, options: Options) {
  let stdout = '';
  const code = await scenarioGenerate(
    { json: true, verbose: false, quiet: true, template: 'small.yaml', draft: true, ...options },
    {
      stdin: process.stdin,
      stdout: {
        write: (text: string) => {
          stdout += text;
          return true;
        },
      },
      stderr: { write: () => true },
      cwd,
      env: {},
      signal: new AbortController().signal,
    },
  );
  return { code, ...(JSON.parse(stdout) as { kept: number; end: string; variants: { name: string }[] }) };
}

it('goes on for more, ends when there are no more, and begins anew only when told to', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'small.yaml'), template);
  const out = join(folder.path, 'out');
  const first = await run(folder.path, { out });
  expect(first).toMatchObject({ code: 0, end: 'enough', kept: 2 });
  const more = await run(folder.path, { out, count: '9' });
  expect(more).toMatchObject({ code: 1, end: 'exhausted', kept: 3 });
  expect(more.variants.slice(0, 2)).toEqual(first.variants);
  expect(await readFile(join(out, 'suite.yaml'), 'utf8')).toContain(`- ${first.variants[0]?.name}.yaml`);

  await writeFile(join(folder.path, 'small.yaml'), template.replace('6m', '7m'));
  await expect(run(folder.path, { out })).rejects.toThrow(/the template has changed/);
  const again = await run(folder.path, { out, restart: true });
  expect(again.kept).toBe(2);
  const files = (await readdir(out)).filter((name) => name.startsWith('small-'));
  expect(files.sort()).toEqual(again.variants.map(({ name }) => `${name}.yaml`).sort());
});

it('puts held-out variants only where nothing is committed, readable by their owner', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'small.yaml'), template);
  await mkdir(join(folder.path, 'repository', '.git'), { recursive: true });
  const inside = join(folder.path, 'repository', 'deep', 'out');
  await expect(run(folder.path, { heldOut: true, out: inside })).rejects.toThrow(/inside the repository/);
  await expect(run(folder.path, { heldOut: true })).rejects.toThrow(/--out/);
  await expect(
    run(folder.path, { heldOut: true, out: join(folder.path, 'x'), seed: '0'.repeat(32) }),
  ).rejects.toThrow(/guessed/);

  const out = join(folder.path, 'secret');
  const made = await run(folder.path, { heldOut: true, out });
  expect(made.code).toBe(0);
  // not on the terminal either, where logs are kept
  expect(JSON.stringify(made)).not.toContain('seed');
  expect((await stat(out)).mode & 0o077).toBe(0);
  expect((await stat(join(out, 'generation.json'))).mode & 0o077).toBe(0);
});
