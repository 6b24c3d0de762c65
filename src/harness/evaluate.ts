import { type Clock, rfc3339 } from '../base/clock.ts';
import { OperationError, PrerequisiteError } from '../base/errors.ts';
import { whileOpen } from '../base/while-open.ts';
import type { Agent, AgentAnswer, TaskView } from './agent.ts';
import { CostLimitError } from './models/cost-budget.ts';
import { ModelError } from './models/model-error.ts';
import type { RunDirectory, SampleKey } from './run-directory.ts';
import { isScored, type SampleFile } from './run-file.ts';
import { TranscriptWriter } from './transcript.ts';

export interface EvaluateOptions {
  readonly run: RunDirectory;
  readonly agents: readonly Agent[];
  readonly tasks: readonly TaskView[];
  /** Samples to run; default: all of the run. */
  readonly keys?: readonly SampleKey[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Samples at the same time; 1 by default. */
  readonly concurrency?: number;
  /** How often a sample is tried while its infrastructure breaks; 3 by default. */
  readonly attempts?: number;
  readonly onSample?: (sample: SampleFile, finished: number, all: number, isNew: boolean) => void;
  readonly onAttemptFailed?: (key: SampleKey, attempt: number, message: string) => void;
}

/**
 * Runs every sample of a run that has no result yet, several at once. A broken infrastructure (sandbox, network,
 * provider) is tried again and then recorded as `infrastructure-error`, which is no result. What would break every
 * sample (a refused key, the money is spent) ends the run; what has finished stays. Stops when aborted: samples under
 * way are given up and will be repeated.
 */
export async function evaluate(options: EvaluateOptions): Promise<void> {
  const { run } = options;
  await whileOpen(await run.lock(), async () => {
    const keys = options.keys ?? run.keys();
    const stop = new AbortController();
    const signal = AbortSignal.any([options.signal, stop.signal]);
    let finished = 0;
    let next = 0;
    const work = async () => {
      while (next < keys.length) {
        signal.throwIfAborted();
        const key = keys[next++]!;
        const before = await run.result(key);
        const isDone = before !== undefined && isScored(before);
        const sample = isDone ? before : await runSample(options, key, signal);
        options.onSample?.(sample, ++finished, keys.length, !isDone);
      }
    };
    const workers = Array.from({ length: Math.max(1, options.concurrency ?? 1) }, () =>
      work().catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    );
    await Promise.allSettled(workers);
    options.signal.throwIfAborted();
    if (stop.signal.aborted) throw stop.signal.reason;
  });
}

async function runSample(options: EvaluateOptions, key: SampleKey, signal: AbortSignal): Promise<SampleFile> {
  const { run, clock } = options;
  const attempts = options.attempts ?? 3;
  const failures: string[] = [];
  const startedMs = clock.nowMs();
  for (let attempt = 1; ; attempt++) {
    const answer = await runAttempt(options, key, attempt, signal);
    const isBroken = answer.exitReason === 'infrastructure-error';
    if (isBroken) {
      failures.push(answer.detail ?? 'unknown');
      options.onAttemptFailed?.(key, attempt, answer.detail ?? 'unknown');
      if (answer.isRetryable && attempt < attempts) continue;
    }
    const sample: SampleFile = {
      apiVersion: 'culprit.dev/v1',
      kind: 'Sample',
      ...key,
      exitReason: answer.exitReason,
      ...(answer.detail === undefined ? {} : { detail: answer.detail }),
      elapsedMs: clock.nowMs() - startedMs,
      ...(answer.totals === undefined ? {} : { totals: answer.totals }),
      ...(failures.length === 0 ? {} : { infrastructureFailures: failures }),
    };
    await run.finish(key, sample, isBroken ? undefined : answer.submission);
    return sample;
  }
}

async function runAttempt(
  options: EvaluateOptions,
  key: SampleKey,
  attempt: number,
  signal: AbortSignal,
): Promise<AgentAnswer & { readonly isRetryable?: boolean }> {
  const { run, clock } = options;
  const agent = options.agents.find(({ name }) => name === key.agent);
  const task = options.tasks.find(({ id }) => id === key.task);
  if (!agent || !task) throw new Error(`run.json names ${key.agent} on ${key.task}, which were not given`);
  await run.begin(key);
  // meanwhile another sample may have ended the run
  signal.throwIfAborted();
  const transcript = new TranscriptWriter(run.transcriptPath(key), () => clock.nowMs());
  const { record } = transcript;
  try {
    record({
      type: 'started',
      time: rfc3339(clock.nowMs()),
      ...key,
      attempt,
      version: run.run.version,
      node: process.version,
      bundleDigest: run.run.tasks.find((entry) => entry.task === key.task)?.digest ?? '',
      settings: settingsOf(run, key.agent),
    });
    const answer = await agent.solve(task, { repeat: key.repeat, signal, record }).catch((error: unknown) => {
      signal.throwIfAborted();
      if (endsRun(error)) throw error;
      return {
        submission: undefined,
        exitReason: 'infrastructure-error' as const,
        detail: error instanceof Error ? error.message : String(error),
        isRetryable: error instanceof OperationError && error.isRetryable,
      };
    });
    record({
      type: 'finished',
      time: rfc3339(clock.nowMs()),
      exitReason: answer.exitReason,
      ...(answer.detail === undefined ? {} : { detail: answer.detail }),
      ...('totals' in answer && answer.totals ? { totals: answer.totals } : {}),
    });
    return answer;
  } finally {
    transcript.close();
  }
}

function settingsOf({ run }: RunDirectory, agent: string): unknown {
  const model = run.models?.find((entry) => entry.agent === agent);
  const external = run.externals?.find((entry) => entry.agent === agent);
  if (!model && !external) return undefined;
  return { ...model, ...external, limits: run.limits, sandbox: run.sandbox };
}

/** Whether every other sample would fail in the same way. */
function endsRun(error: unknown): boolean {
  return (
    error instanceof CostLimitError ||
    error instanceof PrerequisiteError ||
    (error instanceof ModelError && error.kind === 'unauthorised')
  );
}
