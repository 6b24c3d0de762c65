import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AgentAnswer, TaskView } from '../../src/harness/agent.ts';
import { modelAgent } from '../../src/harness/agents/model-agent.ts';
import { loadTask } from '../../src/harness/load-task.ts';
import { defaultLimits, type LoopLimits } from '../../src/harness/loop/limits.ts';
import { native } from '../../src/harness/loop/native.ts';
import type { Profile } from '../../src/harness/loop/profile.ts';
import { stirrupAa } from '../../src/harness/loop/stirrup-aa.ts';
import { AdaptiveLimit } from '../../src/harness/models/adaptive-limit.ts';
import { createModel } from '../../src/harness/models/create-model.ts';
import { ModelClient } from '../../src/harness/models/model-client.ts';
import type { ModelError } from '../../src/harness/models/model-error.ts';
import type { TranscriptEvent } from '../../src/harness/transcript.ts';
import { fakeSandbox } from './fake-sandbox.ts';
import { type Behaviour, type ProtocolServer, protocolServer } from './protocol-server.ts';
import { tinyBundles } from './tiny-bundle.ts';

const providers = ['openai', 'anthropic', 'openai-compatible'] as const;
type Provider = (typeof providers)[number];

let task: TaskView;
beforeAll(async () => {
  task = await loadTask((await tinyBundles()).bundles[0]!);
});

let server: ProtocolServer;
afterEach(() => server[Symbol.asyncDispose]());

interface Run {
  readonly answer: AgentAnswer;
  readonly events: readonly TranscriptEvent[];
  readonly waits: readonly number[];
  readonly commands: readonly string[];
}

async function solve(
  provider: Provider,
  behaviours: Parameters<typeof protocolServer>[0],
  options: {
    profile?: Profile;
    limits?: Partial<LoopLimits>;
    contextTokens?: number;
    stallMs?: number;
    output?: string;
  } = {},
): Promise<Run> {
  server = await protocolServer(behaviours);
  const model = await createModel(`${provider}/test-1`, {
    env: { OPENAI_API_KEY: 'key-of-openai', ANTHROPIC_API_KEY: 'key-of-anthropic' },
    cwd: '/',
    baseUrl: `${server.url}/v1`,
    settings: { maxTokens: 2000, temperature: 0.5 },
    stallMs: options.stallMs ?? 10_000,
    nowMs: () => Date.now(),
  });
  const events: TranscriptEvent[] = [];
  const waits: number[] = [];
  const sandbox = fakeSandbox(() => ({ stdout: options.output ?? 'README.md\nalerts.jsonl\n' }));
  const agent = modelAgent({
    name: 'test',
    client: new ModelClient({
      model,
      price: { model: '*', input: 1, output: 10 },
      maxTokens: 2000,
      limit: new AdaptiveLimit(2, () => Date.now()),
      nowMs: () => Date.now(),
      sleep: async (ms) => void waits.push(ms),
    }),
    profile: options.profile ?? native,
    limits: { ...defaultLimits, turns: 10, ...options.limits },
    contextTokens: options.contextTokens ?? 100_000,
    sandbox,
    clock: { nowMs: () => Date.now() },
  });
  const answer = await agent.solve(task, {
    repeat: 0,
    signal: new AbortController().signal,
    record: (event) => events.push(event),
  });
  expect(sandbox.open()).toBe(0);
  return { answer, events, waits, commands: sandbox.commands };
}

const factors = {
  contributing_factors: [
    { name: 'shop/NetworkPolicy/checkout', reasoning: 'denies', evidence: 'objects.jsonl' },
  ],
};
const submit: Behaviour = { kind: 'reply', calls: [{ name: 'submit', arguments: factors }] };
const look: Behaviour = {
  kind: 'reply',
  text: 'I look around.',
  calls: [{ name: 'shell', arguments: { command: 'ls /data' } }],
  usage: { input: 1000, cached: 400, output: 100 },
};
const ofType = <T extends TranscriptEvent['type']>(run: Run, type: T) =>
  run.events.filter((event): event is Extract<TranscriptEvent, { type: T }> => event.type === type);

describe.each(providers)('the loop over %s', (provider) => {
  it('runs tools, submits, counts tokens and money', async () => {
    const run = await solve(provider, [look, submit]);
    expect(run.answer.exitReason).toBe('submitted');
    expect(JSON.parse(run.answer.submission ?? '')).toEqual(factors);
    expect(run.commands).toEqual(['ls /data']);
    expect(run.answer.totals).toMatchObject({
      turns: 2,
      usage: { input: 1010, cached: 400, output: 105 },
      costUsd: (1010 + 10 * 105) / 1e6,
      commands: 1,
      retries: {},
    });
    const [first, second] = server.requests;
    expect(JSON.stringify(second?.body)).toContain('alerts.jsonl');
    expect(JSON.stringify(first?.body)).not.toContain(task.id);
    expect(first?.body['temperature']).toBe(0.5);
    expect(JSON.stringify(run.events)).not.toContain('key-of-');
  });

  it.each([
    ['429 with retry-after', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }, 'rate-limit'],
    ['500', { kind: 'status', status: 500 }, 'server'],
    ['529', { kind: 'status', status: 529 }, 'rate-limit'],
    ['a reset connection', { kind: 'reset' }, 'connection'],
    ['a truncated body', { kind: 'truncate' }, 'broken-reply'],
    [
      'an error inside the stream',
      { kind: 'stream-error' },
      provider === 'anthropic' ? 'rate-limit' : 'server',
    ],
  ] as const)('repeats after %s', async (_, broken, kind) => {
    const run = await solve(provider, [look, broken, submit]);
    expect(run.answer.exitReason).toBe('submitted');
    expect(run.answer.totals?.retries).toEqual({ [kind]: 1 });
    expect(ofType(run, 'retry')).toMatchObject([{ turn: 2, kind }]);
    if (broken.kind === 'status' && 'headers' in broken) expect(run.waits[0]).toBeGreaterThanOrEqual(7000);
  });

  it('gives a stalled stream up and repeats', async () => {
    const run = await solve(provider, [{ kind: 'stall' }, submit], { stallMs: 200 });
    expect(run.answer.totals?.retries).toEqual({ stalled: 1 });
    expect(run.answer.exitReason).toBe('submitted');
  });

  it.each([400, 401])('does not repeat a %i', async (status) => {
    const error = await solve(provider, [{ kind: 'status', status }]).then(
      () => undefined,
      (thrown: ModelError) => thrown,
    );
    expect(error).toMatchObject({ kind: status === 400 ? 'bad-request' : 'unauthorised', status });
    expect(server.requests).toHaveLength(1);
  });

  it('ends with the last error when the attempts are used up', async () => {
    const error = await solve(provider, () => ({ kind: 'status', status: 503 })).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ kind: 'server', status: 503, isRetryable: true });
    expect(server.requests).toHaveLength(8);
  });

  it('tells the model about malformed arguments, unknown tools, bad answers and missing calls', async () => {
    const run = await solve(provider, [
      { kind: 'reply', calls: [{ name: 'shell', arguments: '{"command": "ls' }] },
      { kind: 'reply', calls: [{ name: 'shell', arguments: { cmd: 'ls' } }] },
      { kind: 'reply', calls: [{ name: 'kubectl', arguments: { x: 1 } }] },
      { kind: 'reply', text: 'I think it is the network policy.' },
      { kind: 'reply' },
      {
        kind: 'reply',
        calls: [
          {
            name: 'submit',
            arguments: { contributing_factors: [{ name: 'checkout', reasoning: '', evidence: '' }] },
          },
        ],
      },
      {
        kind: 'reply',
        calls: [
          { name: 'submit', arguments: factors },
          { name: 'submit', arguments: factors },
        ],
      },
      submit,
    ]);
    expect(run.answer).toMatchObject({ exitReason: 'submitted', totals: { turns: 8, commands: 0 } });
    expect(ofType(run, 'tool-result').map(({ result }) => result.text)).toEqual([
      expect.stringMatching(/^The arguments are not valid: not JSON/),
      expect.stringContaining("must have required property 'command'"),
      'There is no tool "kubectl". Tools: shell, submit.',
      expect.stringContaining('"checkout" is not of the form namespace/Kind/name'),
      'Call this tool once, alone.',
      'Call this tool once, alone.',
      'Accepted.',
    ]);
    expect(ofType(run, 'notice').map(({ text }) => text)).toContain(native.goOn);
    expect(JSON.stringify(server.requests.at(-1)?.body)).toContain('There is no tool');
    expect(JSON.stringify(server.requests.at(-1)?.body)).toContain('(nothing said)');
  });

  it('drops what does not fit into the context and goes on', async () => {
    const overflow: Behaviour = {
      kind: 'status',
      status: 400,
      error: {
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
        message:
          provider === 'anthropic'
            ? 'prompt is too long: 210000 tokens > 200000 maximum'
            : "This model's maximum context length is 8192 tokens.",
      },
    };
    const run = await solve(provider, [
      look,
      look,
      overflow,
      { kind: 'reply', text: 'SUMMARY: nothing yet' },
      submit,
    ]);
    expect(run.answer.exitReason).toBe('submitted');
    expect(ofType(run, 'compacted').map(({ reason }) => reason)).toEqual(['overflow', 'summary']);
    expect(JSON.stringify(server.requests.at(-1)?.body)).toContain('SUMMARY: nothing yet');
    await server[Symbol.asyncDispose]();
    expect((await solve(provider, () => overflow)).answer).toMatchObject({
      exitReason: 'context-overflow',
      submission: undefined,
    });
  });

  it('summarises at 0.7 of the context', async () => {
    const big: Behaviour = { ...look, usage: { input: 690, output: 20 } } as Behaviour;
    const run = await solve(provider, [look, big, { kind: 'reply', text: 'SUMMARY' }, submit], {
      contextTokens: 10_00 * 2,
    });
    expect(ofType(run, 'compacted')).toEqual([]);
    await server[Symbol.asyncDispose]();
    const short = await solve(provider, [big, { kind: 'reply', text: 'SUMMARY' }, submit], {
      contextTokens: 1000,
    });
    expect(ofType(short, 'compacted')).toMatchObject([{ reason: 'summary', droppedTurns: 1 }]);
    expect(short.answer.totals).toMatchObject({ turns: 2 });
  });

  it('forces a last answer at the turn limit, and takes it', async () => {
    const run = await solve(provider, [look, look, submit], { limits: { turns: 3 } });
    expect(run.answer).toMatchObject({ exitReason: 'turn-limit', totals: { turns: 3 } });
    expect(JSON.parse(run.answer.submission ?? '')).toEqual(factors);
    const last = JSON.stringify(server.requests.at(-1)?.body['tool_choice']);
    expect(last).toContain('"submit"');
    expect(JSON.stringify(server.requests[1]?.body['tool_choice'])).not.toContain('"submit"');
  });

  it('asks without force where a model cannot be made to call a tool', async () => {
    const run = await solve(provider, [look, { kind: 'status', status: 400 }, submit], {
      limits: { turns: 2 },
    });
    expect(run.answer).toMatchObject({
      exitReason: 'turn-limit',
      submission: expect.stringContaining('NetworkPolicy'),
    });
    expect(JSON.stringify(server.requests[2]?.body['tool_choice'] ?? '')).not.toContain('"submit"');
  });

  it('works as ITBench-AA does', async () => {
    const shell = (cmd: string): Behaviour => ({
      kind: 'reply',
      calls: [{ name: 'run_shell', arguments: { cmd } }],
    });
    const finish: Behaviour = {
      kind: 'reply',
      calls: [{ name: 'finish', arguments: { reason: 'done', paths: ['agent_output.json'] } }],
    };
    const run = await solve(
      provider,
      [finish, shell(`cat > agent_output.json <<'E'\n${JSON.stringify(factors)}\nE`), finish],
      {
        profile: stirrupAa,
      },
    );
    expect(run.answer.exitReason).toBe('submitted');
    expect(JSON.parse(run.answer.submission ?? '')).toEqual(factors);
    expect(ofType(run, 'tool-result')[0]?.result.text).toContain('do not exist: agent_output.json');
    await server[Symbol.asyncDispose]();
    const capped = await solve(provider, () => shell('ls'), { profile: stirrupAa, limits: { turns: 4 } });
    expect(capped.answer).toMatchObject({
      exitReason: 'turn-limit',
      submission: undefined,
      totals: { turns: 4 },
    });
    expect(ofType(capped, 'notice').map(({ text }) => text)).toEqual([
      expect.stringContaining('3 turns remain'),
      expect.stringContaining('2 turns remain'),
      expect.stringContaining('last turn'),
    ]);
  });
});

describe('limits', () => {
  it.each([
    ['token-limit', { tokens: 1500 }],
    ['cost-limit', { costUsd: 0.003 }],
  ] as const)('%s asks for a last answer', async (reason, limits) => {
    const run = await solve('openai', (_, index) => (index === 2 ? submit : look), { limits });
    expect(run.answer).toMatchObject({
      exitReason: reason,
      submission: expect.stringContaining('NetworkPolicy'),
    });
    expect(server.requests).toHaveLength(3);
  });

  it('time-limit ends a reply that takes too long', async () => {
    const run = await solve('openai', [look, { kind: 'stall' }], { limits: { timeMs: 400 } });
    expect(run.answer).toMatchObject({
      exitReason: 'time-limit',
      submission: undefined,
      totals: { turns: 1 },
    });
  });
});
