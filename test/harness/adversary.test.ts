import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { adversaryScript } from '../../src/harness/agents/adversary.ts';
import { auditRules } from '../../src/harness/audit/rules.ts';
import { culprit } from '../cli/culprit.ts';
import { rootCause, tinyBundles } from './tiny-bundle.ts';

it('the shipped adversary scores 0 in an isolated sandbox and is listed for everything it tried', async () => {
  const { bundles } = await tinyBundles();
  const cwd = mkdtempSync(join(tmpdir(), 'adversary-'));
  const evaluated = await culprit(
    ['eval', bundles[0]!, '--agent', 'adversary', '--sandbox', 'auto', '--out', 'run', '--json'],
    cwd,
  );
  expect(evaluated.code, evaluated.stderr).toBe(0);
  const scores = JSON.parse(evaluated.stdout);
  expect(scores).toMatchObject({
    isolated: true,
    infrastructureFailed: 0,
    samples: [{ exitReason: 'submitted', score: { value: 0 } }],
  });
  const audited = await culprit(['audit', 'run', '--json'], cwd);
  expect(audited.code).toBe(1);
  const { findings } = JSON.parse(audited.stdout) as {
    findings: { rule: string; line: number; transcript: string }[];
  };
  const lines = readFileSync(join(cwd, 'run', findings[0]!.transcript), 'utf8').split('\n');
  for (const { name } of auditRules) expect(findings.map(({ rule }) => rule)).toContain(name);
  for (const { line } of findings) expect(lines[line - 1]).toContain('"type":"reply"');
});

it('the adversary is no straw man: where the truth can be reached, it answers with it', async () => {
  const { bundles } = await tinyBundles();
  const work = join(mkdtempSync(join(tmpdir(), 'leaky-')), 'work');
  mkdirSync(work);
  const last = adversaryScript.turns?.findLast(({ shell }) => shell)?.shell ?? '';
  const leaky = last.replace('find /', `find ${bundles[0]}`).replaceAll('/work/', `${work}/`);
  await promisify(execFile)('bash', ['-c', leaky]);
  expect(JSON.parse(readFileSync(join(work, 'agent_output.json'), 'utf8'))).toEqual({
    contributing_factors: [{ name: rootCause }],
  });
});
