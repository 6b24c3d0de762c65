import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallScenario, temporaryFolder } from '../helpers/small-scenario.ts';

const bin = join(import.meta.dirname, '..', '..', 'bin', 'culprit.js');

/** A Node.js 22 binary: CULPRIT_NODE_22, or in CI one from the npm registry; undefined elsewhere. */
function node22(folder: string): string | undefined {
  const given = process.env['CULPRIT_NODE_22'];
  if (given !== undefined) return given;
  if (process.env['CI'] === undefined) return undefined;
  spawnSync('npm', ['install', '--prefix', folder, '--no-save', '--silent', 'node@22'], { stdio: 'ignore' });
  const path = join(folder, 'node_modules', 'node', 'bin', 'node');
  return existsSync(path) ? path : undefined;
}

test('Node 22 and Node 24 give the same bytes', async (context) => {
  await using folder = await temporaryFolder();
  const old = node22(folder.path);
  if (old === undefined) {
    if (process.env['CI'] !== undefined)
      throw new Error('CI has to provide Node 22 (CULPRIT_NODE_22, or the npm registry)');
    context.skip('needs Node 22: set CULPRIT_NODE_22 to its binary');
    return;
  }
  const scenario = await smallScenario(folder.path, 'release');
  const digests = [old, process.execPath].map((node, index) => {
    const output = execFileSync(
      node,
      [bin, 'build', scenario, '--out', join(folder.path, String(index)), '--json', '--quiet'],
      { encoding: 'utf8' },
    );
    return (JSON.parse(output) as { digest: string }[])[0]?.digest;
  });
  // what reads bundles runs on the old one too
  const evaluate = ['eval', join(folder.path, '0'), '--agent', 'oracle', '--out', join(folder.path, 'run')];
  const run = execFileSync(old, [bin, ...evaluate, '--json', '--quiet'], { encoding: 'utf8' });
  expect(run).toContain('"oracle"');
  expect(execFileSync(old, ['--version'], { encoding: 'utf8' })).toMatch(/^v22\./);
  expect(digests[0]).toBe(digests[1]);
});
