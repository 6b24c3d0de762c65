import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { TaskView } from '../../harness/agent.ts';
import { createAgents } from '../../harness/create-agents.ts';
import { evaluate } from '../../harness/evaluate.ts';
import { loadTask } from '../../harness/load-task.ts';
import { CostLimitError } from '../../harness/models/cost-budget.ts';
import type { RunDirectory, SampleKey } from '../../harness/run-directory.ts';
import { isScored, type SampleFile } from '../../harness/run-file.ts';
import type { Sandbox } from '../../harness/sandbox/sandbox.ts';
import { spentUsd } from '../../harness/spending.ts';
import type { TaskScorer } from '../../scoring/score-run.ts';
import type { ScoredSample } from '../../scoring/scored-sample.ts';
import type { Panel } from '../../spec/panel.ts';
import type { DifficultyThresholds } from '../../spec/suite-difficulty.ts';
import { type BandDecision, decideBand } from './band.ts';
import { type ArmTask, openArm, type PanelArm, repeatsOf } from './plan-panel.ts';

/** What a panel is run with; none of it changes a result. */
export interface PanelRuntime {
  /** Folder of the panel's runs, one below it for each arm. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly sandbox: Sandbox | undefined;
  readonly concurrency: number;
  /** US dollars for all arms together. */
  readonly maxCostUsd: number | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onSample?: (arm: PanelArm, sample: SampleFile) => void;
  readonly onAttemptFailed?: (key: SampleKey, attempt: number, message: string) => void;
}

/** A sample of a panel with its score. */
export interface PanelSample {
  readonly member: string;
  readonly sample: ScoredSample;
}

/** What an arm came to. */
export interface ArmResult {
  readonly samples: ReadonlyMap<string, readonly PanelSample[]>;
  /** Why it ended before its time; it can be continued. */
  readonly stopped: string | undefined;
  readonly spentUsd: number;
}

/** A task of the panel and what is known of its band. */
export interface RankedTask {
  readonly rounds: number;
  readonly decision: BandDecision;
  /** Whether more samples would follow if the run went on. */
  readonly isOpen: boolean;
}

export interface RankedArm extends ArmResult {
  readonly tasks: ReadonlyMap<string, RankedTask>;
}

/** A task with the truth that its samples are scored by: of the bundle itself, or of the variant. */
export interface ScoredTask extends ArmTask {
  readonly scorer: TaskScorer;
}

/**
 * The panel itself: rounds of every member on every task whose band is open. Only complete rounds are looked at, after
 * the first `least` of them: so the interval that holds at every look does hold.
 */
export async function rankTasks(
  panel: Panel,
  panelFile: string,
  tasks: readonly ScoredTask[],
  thresholds: DifficultyThresholds,
  runtime: PanelRuntime,
): Promise<RankedArm> {
  const arm = await startArm('as-built', panel, panelFile, tasks, runtime);
  const { least, most } = panel.repeats;
  const ranked = new Map<string, RankedTask>();
  let stopped: string | undefined;
  for (let round = 0; round < most && stopped === undefined; round++) {
    const open = tasks.filter(({ task }) => ranked.get(task)?.isOpen !== false);
    if (open.length === 0) break;
    stopped = await arm.run(open.flatMap(({ task }) => arm.keysOf(task, round)));
    for (const { task, scorer } of open) {
      const samples = await arm.completeRounds(task, scorer, round + 1);
      const rounds = samples.length / panel.members.length;
      const successes = samples.filter(({ sample }) => sample.value === 1).length;
      const isLast = rounds >= most;
      const decision = decideBand(successes, samples.length, isLast, thresholds);
      const isSettled = decision.by !== undefined && rounds >= least;
      // a round that something broke in is not looked past: continuing the run tries it again
      ranked.set(task, { rounds, decision, isOpen: !isSettled && !isLast && rounds === round + 1 });
    }
  }
  const finished = new Map<string, RankedTask>();
  for (const { task } of tasks) {
    const { rounds, decision } = ranked.get(task) ?? {
      rounds: 0,
      decision: decideBand(0, 0, false, thresholds),
    };
    const isSettled = decision.by !== undefined && rounds >= least;
    finished.set(task, { rounds, decision, isOpen: !isSettled && rounds < most });
  }
  return { ...(await arm.result(tasks, stopped)), tasks: finished };
}

/** A probe: all its samples, no early stop. */
export async function runProbe(
  name: Exclude<PanelArm, 'as-built'>,
  panel: Panel,
  panelFile: string,
  tasks: readonly ScoredTask[],
  runtime: PanelRuntime,
): Promise<ArmResult> {
  const arm = await startArm(name, panel, panelFile, tasks, runtime);
  const rounds = repeatsOf(panel, name);
  const stopped = await arm.run(
    Array.from({ length: rounds }, (_, round) => tasks.flatMap(({ task }) => arm.keysOf(task, round))).flat(),
  );
  return arm.result(tasks, stopped);
}

async function startArm(
  name: PanelArm,
  panel: Panel,
  panelFile: string,
  tasks: readonly ArmTask[],
  runtime: PanelRuntime,
) {
  const run = await openArm(join(runtime.directory, name), name, panel, panelFile, tasks, runtime.sandbox);
  const agents = await createAgents({
    run,
    env: runtime.env,
    sandbox: runtime.sandbox,
    concurrency: runtime.concurrency,
    maxCostUsd: runtime.maxCostUsd,
    stallMs: 10 * 60_000,
    clock: runtime.clock,
    others: [],
  });
  const views = new Map<string, TaskView>();
  for (const { task, bundle } of tasks) views.set(task, await loadTask(bundle));
  const keysOf = (task: string, repeat: number): SampleKey[] =>
    run.run.agents.map((agent) => ({ task, agent, repeat }));
  return {
    keysOf,
    /** Runs samples that have no result yet; answers why it could not go on, if it could not. */
    async run(keys: readonly SampleKey[]): Promise<string | undefined> {
      try {
        await evaluate({
          run,
          agents,
          tasks: [...views.values()],
          keys,
          clock: runtime.clock,
          signal: runtime.signal,
          concurrency: runtime.concurrency,
          onSample: (sample, _finished, _all, isNew) => {
            if (isNew) runtime.onSample?.(name, sample);
          },
          ...(runtime.onAttemptFailed ? { onAttemptFailed: runtime.onAttemptFailed } : {}),
        });
        return undefined;
      } catch (error) {
        if (error instanceof CostLimitError) return error.message;
        throw error;
      }
    },
    /** The samples of the first rounds that are all there. */
    async completeRounds(task: string, scorer: TaskScorer, rounds: number): Promise<readonly PanelSample[]> {
      const samples: PanelSample[] = [];
      for (let round = 0; round < rounds; round++) {
        const own = await scored(run, keysOf(task, round), scorer);
        if (own.length < run.run.agents.length) break;
        samples.push(...own);
      }
      return samples;
    },
    async result(all: readonly ScoredTask[], stopped: string | undefined): Promise<ArmResult> {
      const samples = new Map<string, readonly PanelSample[]>();
      for (const { task, scorer } of all)
        samples.set(
          task,
          await scored(
            run,
            run.keys().filter((key) => key.task === task),
            scorer,
          ),
        );
      return { samples, stopped, spentUsd: await spentUsd(run) };
    },
  };
}

async function scored(
  run: RunDirectory,
  keys: readonly SampleKey[],
  scorer: TaskScorer,
): Promise<readonly PanelSample[]> {
  const samples: PanelSample[] = [];
  for (const key of keys) {
    const result = await run.result(key);
    if (result === undefined || !isScored(result)) continue;
    const { totals, elapsedMs } = result;
    const effort = totals
      ? {
          turns: totals.turns,
          tokens: totals.usage.input + totals.usage.output,
          ...(totals.costUsd === undefined ? {} : { costUsd: totals.costUsd }),
          elapsedMs,
        }
      : { elapsedMs };
    const score = scorer.score(await run.submission(key));
    samples.push({ member: key.agent, sample: scorer.sample(key.repeat, score, effort) });
  }
  return samples;
}
