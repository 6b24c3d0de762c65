import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { run as runCulprit } from '../../src/cli/main.ts';
import { transcriptSteps } from '../../src/cli/transcript-steps.ts';
import type { TranscriptLine } from '../../src/harness/transcript.ts';
import { rootCause, tinyBundles } from '../harness/tiny-bundle.ts';

let cwd: string;
let tasks: string[];

async function culprit(...argv: string[]) {
  const out = { code: 0, stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: unknown) => {
      out[name] += String(text);
      return true;
    },
  });
  out.code = await runCulprit(argv, {
    stdin: process.stdin,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    cwd,
    env: {},
    signal: new AbortController().signal,
  });
  return out;
}

/** A model that always gives this answer after a look around. */
function model(name: string, answer: readonly string[]): string {
  const turns = [{ text: 'I look.', shell: 'head -c 400 README.md' }, { answer }];
  writeFileSync(
    join(cwd, `${name}.yaml`),
    JSON.stringify({ apiVersion: 'culprit.dev/v1', kind: 'Script', turns }),
  );
  return `scripted/${name}.yaml`;
}

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'report-'));
  const made = await tinyBundles(3);
  tasks = made.tasks;
  const evaluate = (out: string, answer: readonly string[]) =>
    culprit(
      'eval',
      ...made.bundles,
      '--model',
      model(out, answer),
      '--sandbox',
      'none',
      '--repeats',
      '2',
      '--out',
      out,
    );
  expect((await evaluate('right', [rootCause])).code).toBe(0);
  expect((await evaluate('wrong', ['shop/Deployment/checkout', rootCause])).code).toBe(0);
});

test('score tells families, passes, effort and what is wrong', async () => {
  const { results, samples } = JSON.parse((await culprit('score', 'wrong', '--json')).stdout);
  expect(results[0].aggregate).toMatchObject({
    score: 0.5,
    recall: 1,
    precision: 0.5,
    // one root cause in all three bundles: one family
    scoreEstimate: { tasks: 3, families: 1, method: 'wilson' },
    passRate: { value: 0 },
    passes: [
      { k: 1, any: 0, all: 0 },
      { k: 2, any: 0, all: 0 },
    ],
    effort: { turns: { mean: 2, total: 12, samples: 6 } },
    wrong: { 'too-many': 6, 'missed-cause': 0 },
  });
  expect(samples[0].effort.turns).toBe(2);
});

test('compare pairs tasks, and does not claim more than one family can show', async () => {
  const { code, stdout } = await culprit('compare', 'right', 'wrong');
  expect(code).toBe(0);
  expect(stdout).toMatch(/tasks in both, families +3, 1/);
  expect(stdout).toMatch(/difference \(second − first\) +−0\.500/);
  expect(stdout).toContain('Too few families');
  const unknown = await culprit('compare', 'right', 'wrong', '--agent', 'nobody');
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('it has: scripted/right')]);
});

test('runs on other bundles under the same task ids are refused', async () => {
  const file = join(cwd, 'wrong', 'run.json');
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, before.replace(/sha256:[0-9a-f]{8}/, 'sha256:00000000'));
  try {
    for (const command of ['compare', 'report'])
      expect((await culprit(command, 'right', 'wrong')).stderr).toContain('another one in');
  } finally {
    writeFileSync(file, before);
  }
});

test('report writes one file with every task and transcript, and pages where asked for', async () => {
  const { code, stdout } = await culprit('report', 'right', 'wrong', '--out', 'all.html', '--pages', 'pages');
  expect(code).toBe(0);
  expect(stdout.trim().split('\n').sort()).toEqual(
    ['all.html', ...tasks.map((task) => join('pages', `${task}.html`))].sort(),
  );
  const page = readFileSync(join(cwd, 'all.html'), 'utf8');
  for (const task of tasks) expect(page).toContain(`id="task-${task}"`);
  expect(page.match(/<details class="sample"/g)).toHaveLength(12);
  expect(page).toContain('head -c 400 README.md');
  expect(page).toContain('not isolated: never ranked');
  expect((await culprit('report', 'right', '--out', 'folder')).stderr).toContain('--pages');
});

test('a long transcript keeps its beginning and its end, and says what is missing', async () => {
  async function* lines(): AsyncGenerator<TranscriptLine> {
    for (let turn = 1; turn <= 100; turn++)
      yield {
        line: turn,
        atMs: turn,
        event: { type: 'notice', turn, text: 'x'.repeat(turn === 1 ? 9000 : 400) },
      };
  }
  const steps = await transcriptSteps(lines(), 20_000, 'run/transcript.jsonl');
  const size = steps.reduce((sum, { title, text }) => sum + title.length + text.length, 0);
  expect(size).toBeLessThan(20_500);
  expect(steps[0]?.text).toContain('[… 3000 characters …]');
  expect(steps.at(-1)?.title).toContain('turn 100');
  const left = steps.find(({ title }) => title.includes('left out'));
  expect(left?.title).toBe(
    `${100 - steps.length + 1} steps are left out here; all of it: run/transcript.jsonl`,
  );
});
