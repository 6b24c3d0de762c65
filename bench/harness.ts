/**
 * What the harness adds to a model's time: `node bench/harness.ts [sandbox …]` (default: every sandbox that works here).
 * One line a figure, with the aim of the issue behind it.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelAgent } from '../src/harness/agents/model-agent.ts';
import { loadTask } from '../src/harness/load-task.ts';
import { defaultLimits } from '../src/harness/loop/limits.ts';
import { native } from '../src/harness/loop/native.ts';
import { AdaptiveLimit } from '../src/harness/models/adaptive-limit.ts';
import { noUsage } from '../src/harness/models/model.ts';
import { ModelClient } from '../src/harness/models/model-client.ts';
import { scriptedModel } from '../src/harness/models/providers/scripted.ts';
import { loadSandbox, sandboxNames } from '../src/harness/sandbox/index.ts';
import type { Sandbox } from '../src/harness/sandbox/sandbox.ts';
import { readTranscript, TranscriptWriter } from '../src/harness/transcript.ts';
import { protocolServer } from '../test/harness/protocol-server.ts';
import { rootCause, tinyBundles } from '../test/harness/tiny-bundle.ts';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'bench-harness-'));
const { folder: bundles } = await tinyBundles(60);
const line = (name: string, value: string, aim: string) =>
  process.stdout.write(`${name.padEnd(62)} ${value.padStart(10)}   aim ${aim}\n`);

try {
  await transcripts();
  const wanted = process.argv.slice(2);
  for (const name of wanted.length > 0 ? wanted : sandboxNames) {
    const sandbox = await loadSandbox(name);
    const state = await sandbox.available();
    if (!state.available) {
      process.stdout.write(`${name}: not measured, ${state.reason}\n`);
      continue;
    }
    await perTurn(sandbox);
    await firstCall(name);
    await concurrent(name);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
  rmSync(bundles, { recursive: true, force: true });
}

/** 100 turns with 20 KB of output each. */
async function transcripts(): Promise<void> {
  const path = join(scratch, 'transcript.jsonl');
  const text = 'a line of output of sixty characters, as a command may print it\n'.repeat(300);
  const startedMs = performance.now();
  const writer = new TranscriptWriter(path, () => performance.now());
  for (let turn = 1; turn <= 100; turn++) {
    writer.record({
      type: 'reply',
      turn,
      purpose: 'turn',
      reply: {
        parts: [{ type: 'tool-call', callId: 'c', name: 'shell', arguments: '{"command":"ls"}' }],
        finish: 'tool-calls',
        usage: noUsage,
        warnings: [],
      },
      elapsedMs: 1,
      modelMs: 1,
    });
    writer.record({
      type: 'tool-result',
      turn,
      result: { callId: 'c', name: 'shell', text, isError: false },
      elapsedMs: 1,
    });
  }
  writer.close();
  let lines = 0;
  for await (const _ of readTranscript(path)) lines++;
  if (lines !== 200) throw new Error(`${lines} lines`);
  line('transcript of 100 turns (2 MB), written and read', ms(performance.now() - startedMs), '< 100 ms');
}

/** The whole loop without model time: reply, command in the sandbox, transcript. */
async function perTurn(sandbox: Sandbox): Promise<void> {
  const turns = 60;
  const nowMs = () => performance.now();
  const agent = modelAgent({
    name: 'bench',
    client: new ModelClient({
      model: scriptedModel('scripted/bench', {
        turns: [...Array.from({ length: turns }, () => ({ shell: 'true' })), { answer: [rootCause] }],
      }),
      price: undefined,
      maxTokens: 1000,
      limit: new AdaptiveLimit(1, nowMs),
      nowMs,
    }),
    profile: native,
    limits: defaultLimits,
    contextTokens: 1_000_000,
    sandbox,
    clock: { nowMs },
  });
  const task = await loadTask(join(bundles, readdirSync(bundles)[0] ?? ''));
  const writer = new TranscriptWriter(join(scratch, `${sandbox.name}.jsonl`), nowMs);
  let firstMs = 0;
  let lastMs = 0;
  await agent.solve(task, {
    repeat: 0,
    signal: new AbortController().signal,
    record: (event) => {
      writer.record(event);
      if (event.type === 'prompt') firstMs = nowMs();
      if (event.type === 'tool-result' && event.turn === turns) lastMs = nowMs();
    },
  });
  writer.close();
  const aim = { bubblewrap: '<= 15 ms', docker: '<= 100 ms' }[sandbox.name] ?? 'none';
  line(`${sandbox.name}: overhead of a turn with a command`, ms((lastMs - firstMs) / turns), aim);
}

/** From the command line to the first request that arrives, with 60 tasks. */
async function firstCall(sandbox: string): Promise<void> {
  const arrived = Promise.withResolvers<number>();
  await using server = await protocolServer(() => {
    arrived.resolve(performance.now());
    return { kind: 'reply', calls: [{ name: 'submit', arguments: { contributing_factors: [] } }] };
  });
  const startedMs = performance.now();
  const child = culprit(
    [
      '--model',
      'openai/test',
      '--base-url',
      `${server.url}/v1`,
      '--sandbox',
      sandbox,
      '--out',
      join(scratch, `first-${sandbox}`),
    ],
    { OPENAI_API_KEY: 'none' },
  );
  line(
    `${sandbox}: culprit eval to the first model call, 60 tasks`,
    ms((await arrived.promise) - startedMs),
    '< 2000 ms',
  );
  await ended(child);
}

/** 50 samples at once, each with 20 turns that print 20 KB: the most memory of all processes together. */
async function concurrent(sandbox: string): Promise<void> {
  const script = join(scratch, 'script.yaml');
  const turns = Array.from({ length: 20 }, () => ({
    shell: 'head -c 20000 /data/README.md; seq 1 4000',
    delayMs: 50,
  }));
  writeFileSync(
    script,
    JSON.stringify({
      apiVersion: 'culprit.dev/v1',
      kind: 'Script',
      turns: [...turns, { answer: [rootCause] }],
    }),
  );
  const startedMs = performance.now();
  const child = culprit(
    [
      '--model',
      `scripted/${script}`,
      '--sandbox',
      sandbox,
      '--concurrency',
      '50',
      '--out',
      join(scratch, `many-${sandbox}`),
    ],
    {},
  );
  let peak = 0;
  let own = 0;
  const timer = setInterval(() => {
    const [all, main] = memoryOf(child.pid ?? 0);
    peak = Math.max(peak, all);
    own = Math.max(own, main);
  }, 100);
  await ended(child);
  clearInterval(timer);
  const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  line(`${sandbox}: 50 of 60 samples at once, 20 turns each, all processes`, mib(peak), '< 1024 MiB');
  line(`${sandbox}:   of this culprit itself`, mib(own), '');
  line(`${sandbox}:   elapsed`, ms(performance.now() - startedMs), '');
}

function culprit(args: readonly string[], env: Record<string, string>) {
  return spawn(process.execPath, [join(root, 'bin', 'culprit.js'), 'eval', bundles, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  });
}

function ended(child: ReturnType<typeof culprit>): Promise<void> {
  return new Promise((resolve, reject) =>
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`culprit eval ended with ${code}`)),
    ),
  );
}

/** Proportional memory of a process and everything below it, and of the process alone, in bytes. Linux only. */
function memoryOf(pid: number): [all: number, own: number] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc'))
    if (/^\d+$/.test(name)) {
      const stat = text(`/proc/${name}/stat`);
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    }
  const isBelow = (one: number): boolean => one === pid || (one > 1 && isBelow(parents.get(one) ?? 0));
  const size = (one: number) =>
    Number(/^Pss:\s+(\d+)/m.exec(text(`/proc/${one}/smaps_rollup`))?.[1] ?? 0) * 1024;
  const below = [...parents.keys()].filter(isBelow);
  return [below.reduce((sum, one) => sum + size(one), 0), size(pid)];
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function ms(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}
