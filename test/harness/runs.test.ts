import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { run as runCulprit } from '../../src/cli/main.ts';
import { readTranscript, type TranscriptEvent } from '../../src/harness/transcript.ts';
import { protocolServer } from './protocol-server.ts';
import { rootCause, tinyBundles } from './tiny-bundle.ts';

let bundles: string;
let tasks: string[];
beforeAll(async () => {
  ({ folder: bundles, tasks } = await tinyBundles(3));
});

const folder = () => mkdtempSync(join(tmpdir(), 'runs-'));

async function culprit(
  cwd: string,
  argv: readonly string[],
  env: Record<string, string> = {},
  signal?: AbortSignal,
) {
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
    env,
    signal: signal ?? new AbortController().signal,
  });
  return out;
}

function script(cwd: string, turns: readonly object[], name = 'script.yaml'): string {
  writeFileSync(join(cwd, name), JSON.stringify({ apiVersion: 'culprit.dev/v1', kind: 'Script', turns }));
  return `scripted/${name}`;
}

const scripted = (model: string, ...more: string[]) => [
  'eval',
  bundles,
  '--model',
  model,
  '--sandbox',
  'none',
  ...more,
];

const results = (run: string) =>
  tasks.flatMap((task) => {
    const below = join(run, 'samples', task);
    return existsSync(below)
      ? readdirSync(below)
          .map((sample) => join(below, sample, 'result.json'))
          .filter((path) => existsSync(path))
      : [];
  });

async function eventsOf(directory: string): Promise<TranscriptEvent[]> {
  const events: TranscriptEvent[] = [];
  for await (const { event } of readTranscript(join(directory, 'transcript.jsonl'))) events.push(event);
  return events;
}

const quick = [{ text: 'I look.', shell: 'ls "$PWD/../data"' }, { answer: [rootCause] }];

describe('eval --model', () => {
  it('runs tasks × repeats, says that nothing was isolated, and replays', async () => {
    const cwd = folder();
    const first = await culprit(
      cwd,
      scripted(script(cwd, quick), '--repeats', '2', '--out', 'first', '--json'),
    );
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('NOT ISOLATED') });
    const scores = JSON.parse(first.stdout);
    expect(scores).toMatchObject({ isolated: false, unfinished: 0, infrastructureFailed: 0 });
    expect(scores.samples.map((sample: { score: { value: number } }) => sample.score.value)).toEqual([
      1, 1, 1, 1, 1, 1,
    ]);
    const sample = join(cwd, 'first', 'samples', tasks[0]!, 'scripted_script-1');
    const events = await eventsOf(sample);
    expect(events.map(({ type }) => type)).toEqual([
      'started',
      'prompt',
      'reply',
      'tool-result',
      'reply',
      'tool-result',
      'finished',
    ]);
    expect(events[0]).toMatchObject({
      task: tasks[0],
      repeat: 1,
      attempt: 1,
      bundleDigest: expect.stringMatching(/^sha256:/),
    });
    expect(JSON.stringify(events)).toContain('README.md');

    const replayed = await culprit(
      cwd,
      scripted('replay/first', '--repeats', '2', '--out', 'second', '--json'),
    );
    expect(replayed.code).toBe(0);
    expect(JSON.parse(replayed.stdout).results).toMatchObject([
      { agent: 'replay/first', aggregate: { score: 1, samples: 6 } },
    ]);
  });

  it('refuses changed settings and says which', async () => {
    const cwd = folder();
    const model = script(cwd, quick);
    await culprit(cwd, scripted(model, '--out', 'run'));
    const resumed = (...more: string[]) => culprit(cwd, ['eval', '--resume', 'run', ...more]);
    expect(await resumed()).toMatchObject({ code: 0 });
    expect(await resumed('--concurrency', '2', '--max-turns', '100')).toMatchObject({ code: 0 });
    expect(await resumed('--max-turns', '7', '--temperature', '0.3')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /limits\.turns: 100 → 7[\s\S]*models\.0\.settings\.temperature: nothing → 0\.3|temperature[\s\S]*turns/,
      ),
    });
    expect(await culprit(cwd, scripted(model, '--out', 'run', '--repeats', '2'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('repeats: 1 → 2'),
    });
    script(cwd, [{ answer: [] }]);
    expect(await resumed()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('models.0.source.digest'),
    });
  });

  it('continues after kill -9 and repeats no finished sample', async () => {
    const cwd = folder();
    const model = script(cwd, [{ text: 'I look.', shell: 'ls', delayMs: 300 }, { answer: [rootCause] }]);
    const child = spawn(
      process.execPath,
      [
        join(import.meta.dirname, '..', '..', 'bin', 'culprit.js'),
        ...scripted(model, '--repeats', '2', '--concurrency', '2', '--out', 'run'),
      ],
      { cwd, stdio: 'ignore' },
    );
    const run = join(cwd, 'run');
    while (results(run).length < 2) await sleep(20);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('exit', resolve));
    const finished = results(run);
    const before = finished.map((path) => statSync(path).mtimeMs);
    expect(finished.length).toBeLessThan(6);
    const resumed = await culprit(cwd, ['eval', '--resume', 'run', '--json']);
    expect(resumed.code).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({
      unfinished: 0,
      results: [{ aggregate: { score: 1, samples: 6 } }],
    });
    expect(finished.map((path) => statSync(path).mtimeMs)).toEqual(before);
    expect(resumed.stderr).not.toContain(`1/6`);
  });

  it('stops on Ctrl-C, keeps what is finished, and continues', async () => {
    const cwd = folder();
    const model = script(cwd, [{ shell: 'true', delayMs: 150 }, { answer: [rootCause] }]);
    const interrupt = new AbortController();
    const running = culprit(cwd, scripted(model, '--concurrency', '1', '--out', 'run'), {}, interrupt.signal);
    while (results(join(cwd, 'run')).length < 1) await sleep(10);
    interrupt.abort();
    expect(await running).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('culprit eval --resume run'),
    });
    expect(results(join(cwd, 'run')).length).toBeLessThan(3);
    expect(await culprit(cwd, ['eval', '--resume', 'run'])).toMatchObject({ code: 0 });
  });

  it('refuses a run that another process works on', async () => {
    const cwd = folder();
    await culprit(cwd, scripted(script(cwd, quick), '--out', 'run'));
    writeFileSync(join(cwd, 'run', 'lock'), `${process.ppid}\n`);
    expect(await culprit(cwd, ['eval', '--resume', 'run'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`process ${process.ppid}`),
    });
  });
});

describe('over HTTP', () => {
  const submit = {
    kind: 'reply',
    calls: [{ name: 'submit', arguments: { contributing_factors: [] } }],
    usage: { input: 1000, output: 100 },
  } as const;
  const openai = (url: string, ...more: string[]) => [
    'eval',
    bundles,
    '--model',
    'openai/test-1',
    '--base-url',
    `${url}/v1`,
    '--sandbox',
    'none',
    '--concurrency',
    '1',
    '--reply-tokens',
    '100',
    '--out',
    'run',
    ...more,
  ];
  const env = { OPENAI_API_KEY: 'sk-very-secret' };

  it('a broken infrastructure is no result, and is repeated when the run continues', async () => {
    const cwd = folder();
    let broken = true;
    await using server = await protocolServer((_, index) =>
      broken && index === 1 ? { kind: 'status', status: 404 } : submit,
    );
    const first = await culprit(cwd, openai(server.url), env);
    expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining('1 sample(s) have no result') });
    expect(JSON.parse((await culprit(cwd, ['score', 'run', '--json'])).stdout)).toMatchObject({
      infrastructureFailed: 1,
      results: [{ aggregate: { samples: 2 } }],
    });
    broken = false;
    expect(await culprit(cwd, ['eval', '--resume', 'run'], env)).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(4);
  });

  it('a refused key ends the run at once, and no key is written anywhere', async () => {
    const cwd = folder();
    await using server = await protocolServer(() => ({
      kind: 'status',
      status: 401,
      error: { type: 'invalid_request_error', message: 'Incorrect API key provided: sk-very-secret.' },
    }));
    const outcome = await culprit(cwd, openai(server.url), env);
    expect(outcome).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Incorrect API key provided: [key].'),
    });
    expect(server.requests).toHaveLength(1);
    for (const file of readdirSync(cwd, { recursive: true, withFileTypes: true }))
      if (file.isFile())
        expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain('sk-very-secret');
    expect(await culprit(folder(), openai(server.url))).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('OPENAI_API_KEY'),
    });
  });

  it('--max-cost stops before it is exceeded, and a higher one continues', async () => {
    const cwd = folder();
    writeFileSync(
      join(cwd, 'prices.yaml'),
      'apiVersion: culprit.dev/v1\nkind: Prices\nmodels:\n  - model: openai/*\n    input: 1000\n    output: 1000\n',
    );
    await using server = await protocolServer(() => submit);
    const stopped = await culprit(cwd, openai(server.url, '--max-cost', '3'), env);
    expect(stopped).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/before the run would cost more than \$3/),
    });
    const spent = server.requests.length * 1.1;
    expect(spent).toBeGreaterThan(0);
    expect(spent).toBeLessThan(3);
    expect(await culprit(cwd, ['eval', '--resume', 'run', '--max-cost', '100'], env)).toMatchObject({
      code: 0,
    });
    expect(server.requests).toHaveLength(3);
    expect(await culprit(folder(), openai(server.url, '--max-cost', '3'), env)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--max-cost needs the price'),
    });
  });
});

describe('an external agent', () => {
  it('is any program: a shell script solves a task', async () => {
    const cwd = folder();
    writeFileSync(
      join(cwd, 'solve.sh'),
      `grep -q "minimal set" "$TASK_INSTRUCTION" || exit 9
name=$(grep -o '"kind":"NetworkPolicy"' "$TASK_DATA/objects.jsonl" | head -1 | cut -d'"' -f4)
printf '{"contributing_factors":[{"name":"shop/%s/checkout"}]}' "$name" > "$TASK_ANSWER"\n`,
    );
    const outcome = await culprit(cwd, [
      'eval',
      bundles,
      '--external',
      'bash solve.sh',
      '--external-files',
      'solve.sh',
      '--sandbox',
      'none',
      '--out',
      'run',
      '--json',
    ]);
    expect(outcome.code).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      isolated: false,
      results: [{ agent: 'external', aggregate: { score: 1 } }],
    });
    expect(await culprit(cwd, ['eval', '--resume', 'run'])).toMatchObject({ code: 0 });
  });

  it('that fails or is too slow has failed; nothing of it stays', async () => {
    const cwd = folder();
    const external = (command: string, out: string) =>
      culprit(cwd, [
        'eval',
        join(bundles, tasks[0]!),
        '--external',
        command,
        '--time-limit',
        '500ms',
        '--sandbox',
        'none',
        '--out',
        out,
        '--json',
      ]);
    const reason = async (command: string, out: string) =>
      JSON.parse((await external(command, out)).stdout).samples[0].exitReason;
    expect(await reason('exit 3', 'a')).toBe('agent-error');
    expect(await reason('true', 'b')).toBe('no-answer');
    expect(await reason('sleep 60', 'c')).toBe('time-limit');
  });
});
