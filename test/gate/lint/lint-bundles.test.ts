import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { snapshotLint } from '../../../src/cli/commands/snapshot-lint.ts';
import type { Io } from '../../../src/cli/io.ts';
import { buildTasks } from '../../../src/gate/build/build-tasks.ts';
import { type BundleLint, lintBundles } from '../../../src/gate/lint/lint-bundles.ts';
import { lintRules } from '../../../src/gate/lint/rules.ts';
import { smallScenario, temporaryFolder } from '../../helpers/small-scenario.ts';
import { Planted } from './planted.ts';
import { leaks, leaksAcrossTasks, mistakes, planting } from './plants.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let task: string;
let control: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  const { name, summary, fault } = planting;
  const metadata = { name, summary, split: 'public', version: 1 };
  const scenarios = [
    await smallScenario(folder.path, name, {
      metadata,
      faults: [fault],
    }),
    await smallScenario(folder.path, 'calm', { faults: [], seed: 'ffffffffffffffffffffffffffffffff' }),
  ];
  const out = join(folder.path, 'out');
  const outcomes = await buildTasks(
    scenarios.map((scenario) => ({ scenario, out })),
    { jobs: 1 },
  );
  [task = '', control = ''] = outcomes.map((outcome) => {
    if (outcome.status !== 'built') throw new Error(JSON.stringify(outcome));
    return outcome.directory;
  });
}, 180_000);
afterAll(() => folder[Symbol.asyncDispose]());

const plantedIn = (bundle: string) => new Planted(bundle, mkdtempSync(join(folder.path, 'planted-')));

/** `code file:line` of every finding. */
const found = (results: readonly BundleLint[]) =>
  results.flatMap(({ findings }) =>
    findings.map(({ code, location }) => `${code} ${location.file}:${location.line}`),
  );
const codes = (results: readonly BundleLint[]) => [
  ...new Set(results.flatMap(({ findings }) => findings.map(({ code }) => code))),
];

test('clean bundles are clean, alone and as a suite, and the evidence is listed', async () => {
  const results = await lintBundles([task, control]);
  expect(found(results)).toEqual([]);
  const [{ evidence, neighbours } = { evidence: [], neighbours: [] }] = results;
  expect(evidence).toMatchObject([
    {
      cause: planting.cause,
      lines: [
        { kind: 'setting', file: expect.stringMatching(/^public\/logs\/storefront\/search-/) },
        { kind: 'state', file: 'public/objects.jsonl' },
      ],
    },
  ]);
  expect(neighbours).toMatchObject([
    { cause: planting.cause, neighbour: 'storefront/Deployment/search', by: { kind: 'setting' } },
  ]);
});

test('the command says what it found and exits 1, or 0 for a clean bundle', async () => {
  const planted = plantedIn(task);
  planted.write('public/notes.txt', 'look here');
  const run = async (bundle: string, json: boolean) => {
    let text = '';
    const write = (chunk: string) => {
      text += chunk;
      return true;
    };
    const output = { write };
    const io = {
      stdin: process.stdin,
      stdout: output as Io['stdout'],
      stderr: output as Io['stdout'],
      cwd: folder.path,
      env: {},
      signal: new AbortController().signal,
    };
    const status = await snapshotLint({ bundle: [bundle], json, verbose: true, quiet: false }, io);
    return { status, text };
  };
  const clean = await run(task, false);
  expect(clean).toMatchObject({
    status: 0,
    text: expect.stringContaining(`${planting.cause}\n  public/logs/`),
  });
  const dirty = await run(planted.path, false);
  expect(dirty.status).toBe(1);
  expect(dirty.text).toMatch(/public\/notes\.txt:1:1 LEK011 unknown-file: is no file of a bundle — /);
  expect(JSON.parse((await run(planted.path, true)).text)).toMatchObject({
    bundles: [{ findings: [{ code: 'LEK011', rule: 'unknown-file', location: { line: 1 } }] }],
  });
});

test('the page lists every rule', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/lint.md'), 'utf8');
  const listed = [...page.matchAll(/^\| `([A-Z]{3}\d{3})` \| ([a-z-]+) \|/gm)].map(([, code, name]) => [
    code,
    name,
  ]);
  expect(listed).toEqual(lintRules.map(({ code, name }) => [code, name]));
});

test('the codes and names of rules are unique', () => {
  for (const key of ['code', 'name'] as const)
    expect(new Set(lintRules.map((rule) => rule[key])).size).toBe(lintRules.length);
});

test('a bundle without its private part is looked at for what needs none', async () => {
  const planted = plantedIn(task);
  planted.edit('public/README.md', (text) => `${text}Made by chaos-mesh.\n`);
  rmSync(join(planted.path, 'private'), { recursive: true });
  const [result] = await lintBundles([planted.path]);
  expect(result).toMatchObject({ truth: 'absent', evidence: [], findings: [{ code: 'LEK001' }] });
});

test.each(leaks)('a planted leak is found where it is: $what', async ({ codes: wanted, plant }) => {
  const planted = plantedIn(task);
  const place = plant(planted, plantedIn(control));
  const results = await lintBundles([planted.path]);
  expect(codes(results)).toEqual(wanted);
  if (place !== undefined) expect(found(results)).toEqual([`${wanted[0]} ${place}`]);
});

test.each(leaksAcrossTasks)('what only one task of a suite has is found: $what', async (one) => {
  const [planted, other] = [plantedIn(task), plantedIn(control)];
  one.plant(planted, other);
  expect(codes(await lintBundles([planted.path, other.path]))).toEqual(one.codes);
});

test.each(mistakes)('a mistake in the truth is found: $what', async ({ codes: wanted, plant }) => {
  const planted = plantedIn(task);
  plant(planted, planted);
  expect(codes(await lintBundles([planted.path]))).toEqual(wanted);
});

test('every rule has a mutation that it finds', () => {
  const planted = new Set([...leaks, ...leaksAcrossTasks, ...mistakes].flatMap((one) => one.codes));
  expect(lintRules.map(({ code }) => code).filter((code) => !planted.has(code))).toEqual([]);
});
