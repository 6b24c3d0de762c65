import { OperationError } from '../base/errors.ts';
import type { Recording } from '../capture/recording.ts';
import { type Capture, startCapture } from '../capture/start-capture.ts';
import type { Cluster, ClusterProvider } from '../cluster/cluster.ts';
import { readDesiredState } from '../fault/desired-state.ts';
import { type ExecutedOperation, Injection } from '../fault/injector.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Application } from '../spec/application.ts';
import { ruleShare } from '../spec/apply-timing.ts';
import type { Operation, Plan } from '../spec/plan.ts';
import type { ClusterProfile } from '../spec/profile.ts';
import { isLive } from './build-session.ts';
import { worldSeed } from './seed.ts';

/** One world that was run through its windows; the cluster is still there, at the end of the incident. */
export interface WorldRun {
  readonly cluster: Cluster;
  readonly recording: Recording;
  /** What was really done and touched, in order. */
  readonly executed: readonly ExecutedOperation[];
  readonly injection: Injection;
  /** What people wanted of the cluster before the first operation. */
  readonly desiredBefore: readonly KubeObject[];
}

export interface WorldOptions {
  readonly plan: Plan;
  /** The plan's operations that this world gets; the twin leaves the causes out. */
  readonly operations: readonly Operation[];
  readonly application: Application;
  readonly profile: ClusterProfile;
  readonly provider: ClusterProvider;
  /** Where the journal of this world's injection is kept. */
  readonly journal: (cluster: Cluster) => Promise<string>;
  readonly signal?: AbortSignal;
  /** Share of the world's time that has passed, 0..1. */
  readonly onProgress?: (done: number) => void;
  /** What goes on now, in words, where time is real. */
  readonly onStep?: (text: string) => void;
}

/**
 * cluster up ▶ deploy ▶ warm up ▶ baseline ▶ operations ▶ incident ▶ capture; operations that predate the window are done
 * while it warms up, before anything is recorded. The caller disposes of the cluster.
 */
export async function runWorld(options: WorldOptions): Promise<WorldRun> {
  const { plan, application, profile, signal, onStep = () => undefined } = options;
  const seed = worldSeed(plan.seed);
  const live = isLive(profile);
  const cluster = await options.provider.provision(profile, {
    seed,
    startMs: plan.startMs,
    ...(signal ? { signal } : {}),
  });
  let capture: Capture | undefined;
  let injection: Injection | undefined;
  try {
    await cluster.deploy(application, {
      requestsPerSecond: plan.requestsPerSecond,
      traceSampling: plan.traceSampling,
      ...(signal ? { signal } : {}),
    });
    onStep('warming up');
    const warmMs = cluster.clock.nowMs() + plan.warmUpMs;
    const operations = [...options.operations].sort((a, b) => a.atMs - b.atMs);
    const predating = operations.filter(({ atMs }) => atMs < -plan.baselineMs);
    if (predating.length === 0) await advanceTo(cluster, warmMs, signal);
    const desiredBefore = await readDesiredState(cluster.kube);
    injection = await Injection.open(await options.journal(cluster), cluster);
    for (const operation of predating) {
      await advanceTo(cluster, warmMs + plan.baselineMs + operation.atMs, signal);
      await injection.execute(operation);
    }
    await advanceTo(cluster, warmMs, signal);
    const startMs = cluster.clock.nowMs();
    const incidentMs = startMs + plan.baselineMs;
    const endMs = incidentMs + plan.incidentMs;
    // few samples in a short window would be too few
    const metricStepMs = Math.max(10_000, 30_000 * ruleShare(profile));
    capture = await startCapture(cluster, application, { metricStepMs });
    onStep('baseline and incident');
    const report = () => options.onProgress?.((cluster.clock.nowMs() - startMs) / (endMs - startMs));
    for (const operation of operations.slice(predating.length)) {
      await advanceTo(cluster, incidentMs + operation.atMs, signal, report);
      await injection.execute(operation);
    }
    await advanceTo(cluster, endMs, signal, report);
    onStep('capturing');
    const recording = await capture.finish({ startMs, incidentMs, endMs });
    return { cluster, recording, executed: injection.executed, injection, desiredBefore };
  } catch (error) {
    await capture?.stop();
    if (live && injection !== undefined) await undoAll(injection, error);
    await injection?.close();
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Puts a real cluster back, also after Ctrl-C. What cannot be put back now stays in the journal; the error says so and
 * carries the one that brought us here.
 */
export async function undoAll(injection: Injection, because?: unknown): Promise<void> {
  try {
    await injection.recover();
  } catch (cause) {
    throw new OperationError(
      'not-recovered',
      `the cluster could not be put back: ${(cause as Error).message}${because === undefined ? '' : `; before that: ${(because as Error).message}`}`,
      {
        cause,
        hint: 'run `culprit recover` when the cluster answers again',
        details: { journal: injection.journal },
      },
    );
  }
}

/** Passes time in pieces, so that progress shows and Ctrl-C is heard. */
async function advanceTo(
  cluster: Cluster,
  timeMs: number,
  signal: AbortSignal | undefined,
  report?: () => void,
): Promise<void> {
  const pieceMs = cluster.provider === 'embedded' ? 30_000 : 500;
  for (;;) {
    const restMs = timeMs - cluster.clock.nowMs();
    if (restMs <= 0) return;
    await advance(cluster, Math.min(restMs, pieceMs), signal);
    report?.();
  }
}

async function advance(cluster: Cluster, ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await cluster.clock.advance(ms);
  // lets timers and messages (Ctrl-C, a parent's abort) in between two pieces of virtual time
  await new Promise((resolve) => setImmediate(resolve));
}
