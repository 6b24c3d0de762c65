import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandTable } from '../../src/cli/command-table.ts';
import { run } from '../../src/cli/main.ts';
import { culprit, culpritUnread } from './culprit.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'culprit-cli-'));

/** The same command line inside this process: fast, for what does not depend on the process. */
async function inProcess(...argv: string[]) {
  const out = { code: 0, stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: unknown) => {
      out[name] += String(text);
      return true;
    },
  });
  out.code = await run(argv, {
    stdin: process.stdin,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    cwd: folder(),
    env: process.env,
    signal: new AbortController().signal,
  });
  return out;
}

describe('culprit', () => {
  it('runs from any folder under the Node of the host', async () => {
    const { code, stdout, stderr } = await culprit(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const { name } of commandTable) expect(stdout).toContain(`culprit ${name}`);
  });

  it('goes on to its end when nobody reads what it tells', { timeout: 120_000 }, async () => {
    const out = folder();
    const scenario = join(import.meta.dirname, '../../scenarios/shop/search-release.yaml');
    const args = ['build', scenario, '--out', out];
    expect(await culpritUnread([...args, '--verbose'], 'stderr')).toBe(0);
    expect(await culpritUnread([...args, '--resume'], 'stdout')).toBe(0);
    expect(readdirSync(out)).toHaveLength(1);
  });

  it.each(commandTable.map((entry) => entry.name))(
    '%s --help explains itself and its code loads',
    async (name) => {
      const { code, stdout } = await inProcess(...name.split(' '), '--help');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: culprit /);
      const entry = commandTable.find((one) => one.name === name);
      expect(await entry?.load()).toBeTypeOf('function');
    },
  );

  it('answers 2 and the nearest name for a wrong command, flag or argument', async () => {
    expect(await inProcess('scenaro', 'list')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('scenario'),
    });
    expect(await inProcess('scenario', 'validat')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('validate'),
    });
    expect(await inProcess('doctor', '--jsn')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--json'),
    });
    expect(await inProcess('scenario', 'validate', 'nowhere.yaml')).toMatchObject({ code: 2, stdout: '' });
    expect(await inProcess('fault', 'show', 'image-not-fund')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"image-not-found"'),
    });
  });

  it('says what is installed and answers 0', async () => {
    const { code, stdout } = await inProcess('doctor', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).tools[0]).toMatchObject({ name: 'node', status: 'found' });
  });
});

describe('init and scenario new', () => {
  it('write a workspace that validates and plans', async () => {
    const cwd = folder();
    expect(await culprit(['init', 'bench'], cwd)).toMatchObject({ code: 0 });
    const workspace = join(cwd, 'bench');
    const written = await culprit(
      ['scenario', 'new', 'two', '--fault', 'image-not-found', 'node-unavailable'],
      workspace,
    );
    expect(written).toMatchObject({ code: 0, stdout: 'scenarios/shop/two.yaml\n' });
    expect(
      await culprit(['scenario', 'validate', 'scenarios/suite.yaml', 'scenarios/shop/two.yaml'], workspace),
    ).toMatchObject({ code: 0, stdout: '' });

    const plan = await culprit(['scenario', 'plan', 'scenarios/shop/first.yaml', '--json'], workspace);
    const { operations } = JSON.parse(plan.stdout);
    expect(operations.map((operation: { role: string }) => operation.role)).toContain('cause');
    expect(await culprit(['scenario', 'plan', 'scenarios/shop/first.yaml', '--json'], workspace)).toEqual(
      plan,
    );

    const again = await culprit(['init', 'bench'], cwd);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('already') });
  });

  it('plan a scenario whose profile has short times as it is built', async () => {
    const { code, stdout } = await inProcess(
      'scenario',
      'plan',
      join(import.meta.dirname, '../../scenarios/kind/tidy-up-day.yaml'),
      '--json',
    );
    expect(code).toBe(0);
    const { expectations } = JSON.parse(stdout);
    expect(expectations.filter((one: { must: boolean }) => one.must).length).toBeGreaterThan(8);
    for (const { withinMs } of expectations) expect(withinMs).toBeLessThanOrEqual(95_000);
  });

  it('writes a valid scenario for every fault', async () => {
    const { stdout } = await inProcess('fault', 'list', '--json');
    const names = JSON.parse(stdout).mechanisms.filter((one: { type: string }) => one.type === 'fault');
    expect(names.length).toBeGreaterThanOrEqual(8);
    for (const { name } of names)
      expect(await inProcess('scenario', 'new', 'one', '--fault', name)).toMatchObject({ code: 0 });
  });
});

describe('scenario list and show', () => {
  it('lists what is there, says which files are invalid, and shows one', async () => {
    const cwd = folder();
    await culprit(['init', '.'], cwd);
    const valid = await culprit(['scenario', 'list'], cwd);
    expect(valid).toMatchObject({ code: 0 });
    expect(valid.stdout).toMatch(/^first +shop +image-not-found +public +scenarios\/shop\/first\.yaml$/m);
    expect((await culprit(['scenario', 'show', 'scenarios/shop/first.yaml'], cwd)).stdout).toContain(
      'fault image-not-found at +0s',
    );
    writeFileSync(join(cwd, 'scenarios', 'bad.yaml'), 'kind: Scenario\n');
    const { code, stdout } = await culprit(['scenario', 'list', '--json'], cwd);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).scenarios).toContainEqual({
      file: 'scenarios/bad.yaml',
      mistakes: expect.any(Number),
    });
  });
});

describe('scenario validate', () => {
  it('shows every mistake with file, line, column and a code frame, and answers 1', async () => {
    const cwd = folder();
    const text = readFileSync(
      join(import.meta.dirname, '..', 'spec', 'testdata', 'invalid-form.yaml'),
      'utf8',
    );
    writeFileSync(join(cwd, 'bad.yaml'), text);
    const { code, stdout } = await culprit(['scenario', 'validate', 'bad.yaml'], cwd);
    expect(code).toBe(1);
    expect(stdout).toContain(
      'bad.yaml:11:1 SCH001 unknown field "aplication" — did you mean "application"?\n',
    );
    expect(stdout).toContain('> 11 | aplication: shop\n');
    const json = await culprit(['scenario', 'validate', 'bad.yaml', '--json'], cwd);
    expect(JSON.parse(json.stdout).diagnostics.length).toBeGreaterThan(8);
  });
});
