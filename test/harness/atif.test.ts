import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Agent } from '../../src/harness/agent.ts';
import { modelAgent } from '../../src/harness/agents/model-agent.ts';
import { toAtif } from '../../src/harness/atif.ts';
import { loadTask } from '../../src/harness/load-task.ts';
import { defaultLimits } from '../../src/harness/loop/limits.ts';
import { native } from '../../src/harness/loop/native.ts';
import { AdaptiveLimit } from '../../src/harness/models/adaptive-limit.ts';
import { ModelClient } from '../../src/harness/models/model-client.ts';
import { scriptedModel } from '../../src/harness/models/providers/scripted.ts';
import { readTranscript, type TranscriptLine, TranscriptWriter } from '../../src/harness/transcript.ts';
import { fakeSandbox } from './fake-sandbox.ts';
import { rootCause, tinyBundles } from './tiny-bundle.ts';

/** The rules of ATIF v1.7's own validator: known keys, steps without gaps, agent's fields on the agent's steps. */
function problems(trajectory: Record<string, unknown>): string[] {
  const found: string[] = [];
  const only = (value: object, known: string, where: string) => {
    for (const name of Object.keys(value))
      if (!known.split(' ').includes(name)) found.push(`${where}.${name}`);
  };
  only(
    trajectory,
    'schema_version session_id trajectory_id agent steps notes final_metrics continued_trajectory_ref subagent_trajectories extra',
    '',
  );
  only(trajectory['agent'] as object, 'name version model_name tool_definitions extra', 'agent');
  only(
    trajectory['final_metrics'] as object,
    'total_prompt_tokens total_completion_tokens total_cached_tokens total_cost_usd total_steps extra',
    'final_metrics',
  );
  const steps = trajectory['steps'] as Record<string, unknown>[];
  if (steps.length === 0) found.push('no steps');
  for (const [index, step] of steps.entries()) {
    only(
      step,
      'step_id timestamp source model_name reasoning_effort message reasoning_content tool_calls observation metrics is_copied_context llm_call_count extra',
      `steps[${index}]`,
    );
    if (step['step_id'] !== index + 1) found.push(`steps[${index}].step_id`);
    if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(String(step['timestamp'])))
      found.push(`steps[${index}].timestamp`);
    if (typeof step['message'] !== 'string') found.push(`steps[${index}].message`);
    if (step['source'] !== 'agent')
      for (const name of ['model_name', 'reasoning_effort', 'reasoning_content', 'tool_calls', 'metrics'])
        if (name in step) found.push(`steps[${index}].${name}: agent only`);
    const calls = (step['tool_calls'] ?? []) as { tool_call_id: string; arguments: unknown }[];
    for (const call of calls) {
      only(call, 'tool_call_id function_name arguments extra', `steps[${index}].tool_calls`);
      if (typeof call.arguments !== 'object' || call.arguments === null || Array.isArray(call.arguments))
        found.push('arguments');
    }
    const observation = step['observation'] as { results: { source_call_id: string }[] } | undefined;
    for (const result of observation?.results ?? []) {
      only(result, 'source_call_id content subagent_trajectory_ref extra', 'results');
      if (!calls.some((call) => call.tool_call_id === result.source_call_id))
        found.push(`dangling ${result.source_call_id}`);
    }
    const metrics = step['metrics'] as Record<string, unknown> | undefined;
    if (metrics)
      only(
        metrics,
        'prompt_tokens completion_tokens cached_tokens cost_usd prompt_token_ids completion_token_ids logprobs extra',
        'metrics',
      );
    for (const name of ['prompt_tokens', 'completion_tokens', 'cached_tokens'])
      if (metrics && !Number.isInteger(metrics[name])) found.push(name);
  }
  return found;
}

it('a transcript becomes a valid ATIF trajectory', async () => {
  const task = await loadTask((await tinyBundles()).bundles[0]!);
  const path = join(mkdtempSync(join(tmpdir(), 'atif-')), 'transcript.jsonl');
  const clock = { nowMs: () => Date.now() };
  const writer = new TranscriptWriter(path, clock.nowMs);
  const agent: Agent = modelAgent({
    name: 'test',
    client: new ModelClient({
      model: scriptedModel('scripted/x', {
        turns: [
          { text: 'I look.', reasoning: 'Where to begin?', shell: 'ls' },
          {
            calls: [
              { name: 'shell', arguments: 'not json' },
              { name: 'nothing', arguments: {} },
            ],
          },
          { text: 'Hm.' },
          { shell: 'cat', usage: { input: 900 } },
          { answer: [rootCause] },
        ],
      }),
      price: undefined,
      maxTokens: 100,
      limit: new AdaptiveLimit(1, clock.nowMs),
      nowMs: clock.nowMs,
    }),
    profile: native,
    limits: defaultLimits,
    contextTokens: 1000,
    sandbox: fakeSandbox(() => ({ stdout: 'README.md' })),
    clock,
  });
  writer.record({
    type: 'started',
    time: '2026-11-23T00:00:00.000Z',
    task: task.id,
    agent: 'test',
    repeat: 0,
    attempt: 1,
    version: '0.1.0',
    bundleDigest: 'sha256:0',
    settings: { model: 'scripted/x', profile: 'native', settings: { reasoningEffort: 'high' } },
  });
  const answer = await agent.solve(task, {
    repeat: 0,
    signal: new AbortController().signal,
    record: writer.record,
  });
  writer.record({
    type: 'finished',
    time: '2026-11-23T00:00:01.000Z',
    exitReason: answer.exitReason,
    totals: answer.totals!,
  });
  writer.close();
  const lines: TranscriptLine[] = [];
  for await (const line of readTranscript(path)) lines.push(line);
  const trajectory = toAtif('run', lines);
  expect(problems(JSON.parse(JSON.stringify(trajectory)))).toEqual([]);
  expect(trajectory?.steps.map(({ source }) => source)).toContain('agent');
  expect(trajectory?.steps.find((step) => step.reasoning_content)).toMatchObject({
    message: 'I look.',
    reasoning_effort: 'high',
    tool_calls: [{ function_name: 'shell', arguments: { command: 'ls' } }],
    observation: { results: [{ content: 'README.md' }] },
  });
  expect(trajectory?.extra).toMatchObject({ exit_reason: 'submitted', task: task.id });
});
