import { CulpritError, exitCodes } from '../base/errors.ts';
import type { BuildJob, BuildOutcome, WorkerMessage } from './build-pool.ts';
import { buildScenario } from './build-scenario.ts';
import { type BundleCheck, findingsOf } from './bundle-check.ts';

/**
 * Makes this process a build worker: builds what its parent sends, one job at a time, until it is disconnected.
 * @param check what a bundle has to pass before it is put in its place; handed in, for the lints live above this folder
 */
export function serveBuilds(check: BundleCheck): void {
  const controller = new AbortController();
  process.on('SIGTERM', () => controller.abort());
  process.on('disconnect', () => process.exit(0));
  process.on('message', (job: BuildJob) => void run(job, check, controller.signal));
}

function send(message: WorkerMessage): void {
  process.send?.(message);
}

async function run(job: BuildJob, check: BundleCheck, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  let outcome: BuildOutcome;
  try {
    const built = await buildScenario(job, {
      signal,
      check,
      onProgress: (progress) => send({ type: 'progress', progress }),
    });
    outcome = {
      status: 'built',
      scenario: job.scenario,
      ...built,
      elapsedMs: Math.round(performance.now() - started),
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    };
  } catch (error) {
    const elapsedMs = Math.round(performance.now() - started);
    outcome = signal.aborted
      ? { status: 'interrupted', scenario: job.scenario }
      : CulpritError.isInstance(error)
        ? {
            status: 'failed',
            scenario: job.scenario,
            code: error.code,
            message: error.message,
            ...(error.hint ? { hint: error.hint } : {}),
            exitCode: error.exitCode,
            findings: findingsOf(error),
            elapsedMs,
          }
        : {
            status: 'failed',
            scenario: job.scenario,
            code: 'internal',
            message: (error as Error)?.stack ?? String(error),
            exitCode: exitCodes.internal,

            elapsedMs,
          };
  }
  send({ type: 'outcome', outcome });
  if (signal.aborted) process.exit(exitCodes.interrupted);
}
