import { rfc3339 } from '../base/clock.ts';
import type { Message, ToolResult, Usage } from './models/model.ts';
import { textOf } from './models/model.ts';
import type { SampleTotals, TranscriptEvent, TranscriptLine } from './transcript.ts';

/** A step of an ATIF trajectory; fields of the agent stand on its own steps only. */
export interface AtifStep {
  step_id: number;
  timestamp: string;
  source: 'system' | 'user' | 'agent';
  message: string;
  model_name?: string;
  reasoning_effort?: string;
  reasoning_content?: string;
  tool_calls?: { tool_call_id: string; function_name: string; arguments: Record<string, unknown> }[];
  observation?: { results: { source_call_id: string; content: string }[] };
  metrics?: {
    prompt_tokens: number;
    completion_tokens: number;
    cached_tokens: number;
    cost_usd?: number;
    extra: Record<string, unknown>;
  };
  extra?: Record<string, unknown>;
}

/** A trajectory in the Agent Trajectory Interchange Format, version 1.7. */
export interface AtifTrajectory {
  schema_version: 'ATIF-v1.7';
  session_id: string;
  trajectory_id: string;
  agent: {
    name: string;
    version: string;
    model_name?: string;
    tool_definitions?: unknown[];
    extra: Record<string, unknown>;
  };
  steps: AtifStep[];
  final_metrics: {
    total_prompt_tokens: number;
    total_completion_tokens: number;
    total_cached_tokens: number;
    total_cost_usd?: number;
    total_steps: number;
  };
  extra: Record<string, unknown>;
}

/** The trajectory of one transcript; undefined if it does not begin as one. What ATIF has no field for is in `extra`. */
export function toAtif(runId: string, lines: readonly TranscriptLine[]): AtifTrajectory | undefined {
  const [first] = lines;
  if (first?.event.type !== 'started') return undefined;
  const started = first.event;
  const startedMs = Date.parse(started.time);
  const settings = (started.settings ?? {}) as {
    model?: string;
    profile?: string;
    settings?: { reasoningEffort?: string };
  };
  const steps: AtifStep[] = [];
  const add = (atMs: number, step: Omit<AtifStep, 'step_id' | 'timestamp'>) =>
    steps.push({ step_id: steps.length + 1, timestamp: rfc3339(startedMs + atMs), ...step });
  let tools: unknown[] | undefined;
  let finished: Extract<TranscriptEvent, { type: 'finished' }> | undefined;
  for (const { atMs, event } of lines) {
    switch (event.type) {
      case 'prompt':
        tools = event.tools?.map((tool) => ({ type: 'function', function: tool }));
        for (const message of event.messages) {
          const step = promptStep(message);
          if (step) add(atMs, step);
        }
        break;
      case 'reply':
        add(atMs, replyStep(event, settings.model, settings.settings?.reasoningEffort));
        break;
      case 'tool-result':
        addResult(steps, event.result, atMs, add);
        break;
      case 'notice':
        add(atMs, { source: 'user', message: event.text });
        break;
      case 'compacted':
        add(atMs, {
          source: 'system',
          message: '',
          extra: { compacted: event.reason, dropped_turns: event.droppedTurns },
        });
        break;
      case 'note':
        add(atMs, { source: 'agent', message: JSON.stringify(event.note) });
        break;
      case 'finished':
        finished = event;
        break;
    }
  }
  if (steps.length === 0) add(0, { source: 'user', message: '' });
  const { task, agent, repeat } = started;
  return {
    schema_version: 'ATIF-v1.7',
    session_id: runId,
    trajectory_id: `${task}-${agent}-${repeat}`,
    agent: {
      name: 'culprit',
      version: started.version,
      ...(settings.model === undefined ? {} : { model_name: settings.model }),
      ...(tools === undefined ? {} : { tool_definitions: tools }),
      extra: { agent, profile: settings.profile ?? null, settings: started.settings ?? null },
    },
    steps,
    final_metrics: finalMetrics(steps, finished?.totals),
    extra: {
      task,
      repeat,
      attempt: started.attempt,
      bundle_digest: started.bundleDigest,
      exit_reason: finished?.exitReason ?? null,
    },
  };
}

function promptStep(message: Message): Omit<AtifStep, 'step_id' | 'timestamp'> | undefined {
  return message.role === 'system' || message.role === 'user'
    ? { source: message.role, message: message.text }
    : undefined;
}

function replyStep(
  event: Extract<TranscriptEvent, { type: 'reply' }>,
  model: string | undefined,
  effort: string | undefined,
): Omit<AtifStep, 'step_id' | 'timestamp'> {
  const { parts, usage, finish, servedBy } = event.reply;
  const reasoning = parts
    .flatMap((part) => (part.type === 'reasoning' && part.text ? part.text : []))
    .join('\n');
  const calls = parts.flatMap((part) =>
    part.type === 'tool-call'
      ? { tool_call_id: part.callId, function_name: part.name, arguments: argumentsOf(part.arguments) }
      : [],
  );
  return {
    source: 'agent',
    message: textOf(parts),
    ...(model === undefined ? {} : { model_name: servedBy ?? model }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    metrics: metricsOf(usage, event.costUsd),
    extra: {
      turn: event.turn,
      purpose: event.purpose,
      finish,
      elapsed_ms: event.elapsedMs,
      model_ms: event.modelMs,
    },
  };
}

function metricsOf(usage: Usage, costUsd: number | undefined): NonNullable<AtifStep['metrics']> {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    cached_tokens: usage.cached,
    ...(costUsd === undefined ? {} : { cost_usd: costUsd }),
    extra: { reasoning_tokens: usage.reasoning, cache_written_tokens: usage.cacheWritten },
  };
}

/** ATIF wants an object, also where the model wrote something else. */
function argumentsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // kept as text
  }
  return { malformed: text };
}

/** A result belongs to the step that called; what a program without a model printed is a step of its own. */
function addResult(
  steps: readonly AtifStep[],
  result: ToolResult,
  atMs: number,
  add: (atMs: number, step: Omit<AtifStep, 'step_id' | 'timestamp'>) => void,
): void {
  const caller = steps.findLast((step) =>
    step.tool_calls?.some((call) => call.tool_call_id === result.callId),
  );
  if (caller === undefined) return add(atMs, { source: 'agent', message: result.text });
  caller.observation ??= { results: [] };
  caller.observation.results.push({ source_call_id: result.callId, content: result.text });
}

function finalMetrics(
  steps: readonly AtifStep[],
  totals: SampleTotals | undefined,
): AtifTrajectory['final_metrics'] {
  const sum = (pick: (metrics: NonNullable<AtifStep['metrics']>) => number) =>
    steps.reduce((total, { metrics }) => total + (metrics ? pick(metrics) : 0), 0);
  return {
    total_prompt_tokens: sum((metrics) => metrics.prompt_tokens),
    total_completion_tokens: sum((metrics) => metrics.completion_tokens),
    total_cached_tokens: sum((metrics) => metrics.cached_tokens),
    ...(totals?.costUsd === undefined ? {} : { total_cost_usd: totals.costUsd }),
    total_steps: steps.length,
  };
}
