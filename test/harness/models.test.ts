import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdaptiveLimit } from '../../src/harness/models/adaptive-limit.ts';
import { CostBudget } from '../../src/harness/models/cost-budget.ts';
import { createModel } from '../../src/harness/models/create-model.ts';
import { classifyModelError, ModelError } from '../../src/harness/models/model-error.ts';
import { costOf, loadPrices, priceOf } from '../../src/harness/models/prices.ts';
import { defaultRetryPolicy, type Retry, withRetries } from '../../src/harness/models/retry.ts';
import { protocolServer } from './protocol-server.ts';

const signal = new AbortController().signal;

async function retried(errors: readonly ModelError[], jitterKey = 1) {
  const retries: Retry[] = [];
  let asked = 0;
  const outcome = await withRetries(
    async () => {
      const error = errors[asked++];
      if (error) throw error;
      return 'reply';
    },
    {
      policy: defaultRetryPolicy,
      jitterKey,
      signal,
      nowMs: () => 0,
      sleep: async () => {},
      onRetry: (retry) => retries.push(retry),
    },
  ).catch((error: unknown) => error);
  return { outcome, waits: retries.map(({ waitMs }) => waitMs) };
}

describe('retries', () => {
  const busy = new ModelError('server', 'busy');

  it('wait longer each time, by a jitter that follows from the request', async () => {
    const first = await retried([busy, busy, busy, busy]);
    expect(first.outcome).toBe('reply');
    for (const [index, wait] of first.waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(500 * 2 ** index);
      expect(wait).toBeLessThanOrEqual(1000 * 2 ** index);
    }
    expect((await retried([busy, busy, busy, busy])).waits).toEqual(first.waits);
    expect((await retried([busy, busy, busy, busy], 2)).waits).not.toEqual(first.waits);
  });

  it('wait at least as long as the provider asks, but not beyond the budget', async () => {
    const told = (retryAfterMs: number) => new ModelError('rate-limit', 'slow down', { retryAfterMs });
    expect((await retried([told(30_000)])).waits[0]).toBeGreaterThanOrEqual(30_000);
    const hours = await retried([told(7_200_000)]);
    expect(hours).toMatchObject({ waits: [], outcome: { kind: 'rate-limit' } });
  });

  it('understand retry-after in seconds, milliseconds and as a date', () => {
    const nowMs = Date.parse('2026-11-23T00:00:00Z');
    const waitOf = (responseHeaders: Record<string, string>) =>
      classifyModelError({ message: 'x', statusCode: 429, responseHeaders }, nowMs).retryAfterMs;
    expect(waitOf({ 'retry-after': '1.5' })).toBe(1500);
    expect(waitOf({ 'retry-after': '9', 'retry-after-ms': '20' })).toBe(20);
    expect(waitOf({ 'retry-after': 'Mon, 23 Nov 2026 00:01:00 GMT' })).toBe(60_000);
    expect(waitOf({})).toBeUndefined();
  });

  it('classifying never throws, whatever was thrown', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(classifyModelError(thrown, 0)).toBeInstanceOf(ModelError);
      }),
    );
  });
});

it('concurrency falls when the rate is limited, once per cooldown, and comes back', async () => {
  let nowMs = 0;
  const limit = new AdaptiveLimit(10, () => nowMs);
  let active = 0;
  let most = 0;
  const requests = (count: number) =>
    Promise.all(
      Array.from({ length: count }, () =>
        limit.run(async () => {
          most = Math.max(most, ++active);
          await new Promise((resolve) => setTimeout(resolve, 1));
          active--;
        }, signal),
      ),
    );
  await requests(30);
  expect(most).toBe(10);
  limit.rateLimited();
  limit.rateLimited();
  expect(limit.current).toBe(8);
  nowMs += 20_000;
  limit.rateLimited();
  expect(limit.current).toBe(6);
  most = 0;
  await requests(10);
  expect(most).toBe(6);
  await requests(200);
  expect(limit.current).toBe(10);
});

it('waiting for a slot ends when the run is stopped', async () => {
  const limit = new AdaptiveLimit(1, () => 0);
  const stop = new AbortController();
  const release = Promise.withResolvers<void>();
  const first = limit.run(() => release.promise, signal);
  const second = limit.run(async () => 'late', stop.signal);
  stop.abort(new Error('stopped'));
  await expect(second).rejects.toThrow('stopped');
  release.resolve();
  await first;
  expect(await limit.run(async () => 'free', signal)).toBe('free');
});

describe('money', () => {
  it('a budget is never exceeded by what was reserved', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            most: fc.double({ min: 0, max: 5, noNaN: true }),
            share: fc.double({ min: 0, max: 1, noNaN: true }),
          }),
        ),
        (requests) => {
          let spent = 0;
          const budget = new CostBudget(10, 0, (usd) => (spent += usd));
          const open: { most: number; cost: number }[] = [];
          for (const { most, share } of requests) {
            if (budget.reserve(most)) open.push({ most, cost: most * share });
            else {
              const one = open.shift();
              if (one) budget.settle(one.most, one.cost);
            }
          }
          for (const { most, cost } of open) budget.settle(most, cost);
          expect(spent).toBeLessThanOrEqual(10 + 1e-9);
        },
      ),
    );
  });

  it('the exact name wins, then the longest pattern; the shipped example is valid', async () => {
    const price = (model: string) => ({ model, input: 1, output: 1 });
    const prices = [price('openai/*'), price('openai/big*'), price('openai/big-2')];
    expect(priceOf('openai/big-2', prices)?.model).toBe('openai/big-2');
    expect(priceOf('openai/big-3', prices)?.model).toBe('openai/big*');
    expect(priceOf('openai/small', prices)?.model).toBe('openai/*');
    expect(priceOf('other/small', prices)).toBeUndefined();
    expect(await loadPrices(join(import.meta.dirname, '../../docs/prices.example.yaml'))).not.toEqual([]);
  });

  it('counts cached and written tokens at their own price', () => {
    const usage = { input: 1000, cached: 600, cacheWritten: 100, output: 50, reasoning: 20 };
    expect(costOf(usage, { model: 'x', input: 10, cachedInput: 1, cacheWrite: 12, output: 100 })).toBeCloseTo(
      (300 * 10 + 600 * 1 + 100 * 12 + 50 * 100) / 1e6,
      12,
    );
  });
});

describe('names of models', () => {
  const context = { env: {}, cwd: '/', baseUrl: undefined, settings: {}, stallMs: 1000, nowMs: () => 0 };

  it('are answered with the nearest provider, the missing key or the missing address', async () => {
    await expect(createModel('opnai/x', context)).rejects.toMatchObject({
      hint: expect.stringContaining('openai/…'),
    });
    await expect(createModel('openai', context)).rejects.toMatchObject({ code: 'unknown-model' });
    await expect(createModel('google/x', context)).rejects.toMatchObject({
      exitCode: 3,
      hint: expect.stringContaining('GEMINI_API_KEY'),
    });
    await expect(createModel('openai-compatible/x', context)).rejects.toMatchObject({
      hint: expect.stringContaining('--base-url'),
    });
  });

  it('a script with mistakes is answered with all of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'script-'));
    writeFileSync(
      join(folder, 'bad.yaml'),
      'apiVersion: culprit.dev/v1\nkind: Script\nturns:\n  - txt: hello\n  - shell: 7\n',
    );
    await expect(createModel('scripted/bad.yaml', { ...context, cwd: folder })).rejects.toMatchObject({
      diagnostics: [{ location: { line: 4 } }, { location: { line: 5 } }],
    });
  });

  it.each([
    ['openai/x', { OPENAI_API_KEY: 'k' }, { reasoning_effort: 'high', seed: 7 }],
    ['openai-compatible/x', {}, { reasoning_effort: 'high', seed: 7 }],
    ['anthropic/x', { ANTHROPIC_API_KEY: 'k' }, { output_config: { effort: 'high' } }],
  ])('%s sends its settings as the provider wants them', async (name, env, expected) => {
    await using server = await protocolServer([{ kind: 'reply', text: 'hello' }]);
    const model = await createModel(name, {
      ...context,
      env,
      baseUrl: `${server.url}/v1`,
      settings: { reasoningEffort: 'high', seed: 7, maxTokens: 5000 },
    });
    const reply = await model.generate(
      {
        messages: [
          { role: 'system', text: 'be brief' },
          { role: 'user', text: 'hi' },
        ],
        tools: [],
        identity: { task: 't', repeat: 0, turn: 1, purpose: 'turn' },
      },
      signal,
    );
    expect(reply).toMatchObject({
      parts: [{ type: 'text', text: 'hello' }],
      finish: 'stop',
      servedBy: 'test-1',
    });
    expect(server.requests[0]?.body).toMatchObject(expected);
    const isAnthropic = name.startsWith('anthropic');
    expect(JSON.stringify(server.requests[0]?.body).includes('"cache_control"')).toBe(isAnthropic);
    if (isAnthropic) expect(reply.warnings.join()).toContain('seed');
  });
});
