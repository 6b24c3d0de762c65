import { CulpritError, exitCodes } from '../base/errors.ts';
import type { BuildJob, BuildOutcome, WorkerMessage } from './build-pool.ts';
import { buildScenario } from './build-scenario.ts';
import { BuildSession } from './build-session.ts';
import { type BundleCheck, findingsOf } from './bundle-check.ts';

/**
 * Makes this process a build worker: builds what its parent sends, one job at a time, until it is disconnected.
 * @param check what a bundle has to pass before it is put in its place; handed in, for the lints live above this folder
 */
export function serveBuilds(check: BundleCheck): void {
  const controller = new AbortController();
  const session = new BuildSession();
  let running: Promise<void> = Promise.resolve();
  process.on('SIGTERM', () => controller.abort());
  // also when the parent was killed: a real cluster is put back before this process ends
  process.on('disconnect', () => {
    controller.abort();
    void running.then(() => end(session, 0));
  });
  process.on('message', (job: BuildJob) => {
    running = run(job, check, session, controller.signal);
  });
}

async function end(session: BuildSession, code: number): Promise<never> {
  try {
    await session[Symbol.asyncDispose]();
  } catch (error) {
    process.stderr.write(`${(error as Error)?.message ?? String(error)}\n`);
  }
  process.exit(code);
}

function send(message: WorkerMessage): void {
  if (process.connected) process.send?.(message);
}

async function run(
  job: BuildJob,
  check: BundleCheck,
  session: BuildSession,
  signal: AbortSignal,
): Promise<void> {
  const started = performance.now();
  let outcome: BuildOutcome;
  try {
    const built = await buildScenario(job, {
      signal,
      session,
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
    const isLeftOver = CulpritError.isInstance(error) && error.code === 'not-recovered';
    outcome =
      signal.aborted && !isLeftOver
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
  if (signal.aborted) await end(session, exitCodes.interrupted);
}
