import type { Clock } from '../base/clock.ts';
import type { Agent, AgentAnswer, TaskView } from './agent.ts';
import type { RunDirectory, SampleKey } from './run-directory.ts';

export interface EvaluateOptions {
  readonly run: RunDirectory;
  readonly agents: readonly Agent[];
  readonly tasks: readonly TaskView[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onSample?: (key: SampleKey, finished: number, all: number) => void;
}

/**
 * Runs every sample of a run that has not finished yet. An agent that throws has failed its sample, not the run: the
 * sample is recorded as `agent-error`. Stops between samples when aborted.
 */
export async function evaluate(options: EvaluateOptions): Promise<void> {
  const { run, clock, signal } = options;
  const agents = new Map(options.agents.map((agent) => [agent.name, agent]));
  const tasks = new Map(options.tasks.map((task) => [task.id, task]));
  const keys = run.keys();
  let finished = 0;
  for (const key of keys) {
    signal.throwIfAborted();
    if ((await run.result(key)) === undefined) {
      const agent = agents.get(key.agent);
      const task = tasks.get(key.task);
      if (!agent || !task)
        throw new Error(`run.json names ${key.agent} on ${key.task}, which were not given`);
      await run.begin(key);
      const startedMs = clock.nowMs();
      const answer = await solve(agent, task, key, run, signal);
      await run.finish(
        key,
        {
          apiVersion: 'culprit.dev/v1',
          kind: 'Sample',
          ...key,
          exitReason: answer.exitReason,
          ...(answer.detail === undefined ? {} : { detail: answer.detail }),
          elapsedMs: clock.nowMs() - startedMs,
        },
        answer.submission,
      );
    }
    options.onSample?.(key, ++finished, keys.length);
  }
}

async function solve(
  agent: Agent,
  task: TaskView,
  key: SampleKey,
  run: RunDirectory,
  signal: AbortSignal,
): Promise<AgentAnswer> {
  const writes: Promise<void>[] = [];
  try {
    return await agent.solve(task, {
      repeat: key.repeat,
      signal,
      record: (event) => void writes.push(run.record(key, event)),
    });
  } catch (error) {
    signal.throwIfAborted();
    return {
      submission: undefined,
      exitReason: 'agent-error',
      detail: String((error as Error).message ?? error),
    };
  } finally {
    await Promise.all(writes);
  }
}
