/** Entry point of a build worker: builds what its parent sends, one job at a time, until it is disconnected. */
import { CulpritError, exitCodes } from '../base/errors.ts';
import type { BuildJob, BuildOutcome, WorkerMessage } from './build-pool.ts';
import { buildScenario } from './build-scenario.ts';
import { BuildSession } from './build-session.ts';

const controller = new AbortController();
const session = new BuildSession();
let running: Promise<void> = Promise.resolve();
process.on('SIGTERM', () => controller.abort());
// also when the parent was killed: a real cluster is put back before this process ends
process.on('disconnect', () => {
  controller.abort();
  void running.then(() => end(0));
});
process.on('message', (job: BuildJob) => {
  running = run(job);
});

async function end(code: number): Promise<never> {
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

async function run(job: BuildJob): Promise<void> {
  const started = performance.now();
  let outcome: BuildOutcome;
  try {
    const built = await buildScenario(job, {
      signal: controller.signal,
      session,
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
      controller.signal.aborted && !isLeftOver
        ? { status: 'interrupted', scenario: job.scenario }
        : CulpritError.isInstance(error)
          ? {
              status: 'failed',
              scenario: job.scenario,
              code: error.code,
              message: error.message,
              ...(error.hint ? { hint: error.hint } : {}),
              exitCode: error.exitCode,
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
  if (controller.signal.aborted) await end(exitCodes.interrupted);
}
