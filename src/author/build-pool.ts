import { type ChildProcess, fork } from 'node:child_process';
import type { Diagnostic } from '../base/diagnostics.ts';
import type { BuildProgress } from './progress.ts';

/** What a worker is asked to do: build one scenario file into `out`. */
export interface BuildJob {
  readonly scenario: string;
  readonly out: string;
  readonly profile?: string;
  readonly seed?: string;
  /** A file from whose folder upward applications and profiles are looked up; by default the scenario. */
  readonly lookUpFrom?: string;
  /** Runs the counterfactual worlds also where time is real, or leaves them out; by default where time is virtual. */
  readonly counterfactual?: boolean;
  /** `false`: a draft, frozen whatever the lints say of it. */
  readonly lint?: boolean;
  /** Takes a bundle that is in `out` already, if it was made from the same scenario, application, profile and version. */
  readonly resume?: boolean;
  /** A folder where the task of an effect that was not proved is kept, to be looked at; by default it is not. */
  readonly keepUnproved?: string;
  /** Runs a twin of its own on a real cluster, also where another job of this build has an equal one. */
  readonly ownTwin?: boolean;
}

/** A task that was frozen. */
export interface BuiltTask {
  readonly task: string;
  readonly directory: string;
  /** sha256 of manifest.json. */
  readonly digest: string;
  readonly split: string;
  readonly provider: string;
  readonly bytes: number;
  /** It was there already (`resume`). */
  readonly isOld?: boolean;
}

/** How one job ended. `failed` carries what a person has to read; `crashed` is our bug or a killed worker. */
export type BuildOutcome =
  | (BuiltTask & {
      readonly status: 'built';
      readonly scenario: string;
      readonly elapsedMs: number;
      readonly peakMemoryBytes: number;
    })
  | {
      readonly status: 'failed';
      readonly scenario: string;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly exitCode: number;
      /** What the lints found, if they refused it; files are relative to the bundle that was not made. */
      readonly findings?: readonly Diagnostic[];
      readonly elapsedMs: number;
    }
  | { readonly status: 'crashed'; readonly scenario: string; readonly message: string }
  | { readonly status: 'interrupted'; readonly scenario: string };

export type WorkerMessage =
  | { readonly type: 'progress'; readonly progress: BuildProgress }
  | { readonly type: 'outcome'; readonly outcome: BuildOutcome };

export interface PoolOptions {
  /** Module that a worker runs; it calls `serveBuilds`. */
  readonly worker: URL;
  readonly jobs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly onOutcome?: (outcome: BuildOutcome) => void;
}

/**
 * Builds many scenarios in worker processes that are kept and reused (a warm one is faster). What is finished stays
 * when the rest fails or is interrupted. Outcomes are in the order of the jobs.
 */
export async function buildAll(
  jobs: readonly BuildJob[],
  options: PoolOptions,
): Promise<readonly BuildOutcome[]> {
  const outcomes: (BuildOutcome | undefined)[] = jobs.map(() => undefined);
  let next = 0;
  const workers = Array.from({ length: Math.min(options.jobs, jobs.length) }, async () => {
    let worker: ChildProcess | undefined;
    try {
      while (next < jobs.length && !options.signal?.aborted) {
        const index = next++;
        const job = jobs[index]!;
        worker = worker?.connected ? worker : startWorker(options.worker);
        const outcome = await runJob(worker, job, options);
        if (outcome.status === 'crashed' || outcome.status === 'interrupted') worker = undefined;
        outcomes[index] = outcome;
        options.onOutcome?.(outcome);
      }
    } finally {
      // it may have a cluster to put back or to take down
      if (worker?.connected) {
        const ended = new Promise((resolve) => worker?.once('exit', resolve));
        worker.disconnect();
        await ended;
      }
    }
  });
  await Promise.all(workers);
  return outcomes.map(
    (outcome, index) => outcome ?? { status: 'interrupted', scenario: jobs[index]!.scenario },
  );
}

function startWorker(module: URL): ChildProcess {
  // its own process group: Ctrl-C reaches the parent only, which then ends its workers and waits for them
  return fork(module, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: true });
}

function runJob(worker: ChildProcess, job: BuildJob, options: PoolOptions): Promise<BuildOutcome> {
  return new Promise((resolve) => {
    let stderr = '';
    const collect = (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-4000);
    };
    const abort = () => worker.kill('SIGTERM');
    const finish = (outcome: BuildOutcome) => {
      worker.off('message', receive);
      worker.off('exit', exited);
      worker.stderr?.off('data', collect);
      options.signal?.removeEventListener('abort', abort);
      resolve(outcome);
    };
    const receive = (message: WorkerMessage) => {
      if (message.type === 'progress') options.onProgress?.(message.progress);
      else finish(message.outcome);
    };
    const exited = (code: number | null, signal: string | null) =>
      finish(
        options.signal?.aborted
          ? { status: 'interrupted', scenario: job.scenario }
          : {
              status: 'crashed',
              scenario: job.scenario,
              message: `the worker ended (${signal ?? `exit code ${code}`})\n${stderr}`.trim(),
            },
      );
    worker.on('message', receive);
    worker.on('exit', exited);
    worker.stderr?.on('data', collect);
    options.signal?.addEventListener('abort', abort, { once: true });
    worker.send(job);
  });
}
