import type { Recording } from '../capture/recording.ts';
import { startCapture } from '../capture/start-capture.ts';
import type { Cluster, ClusterProvider } from '../cluster/cluster.ts';
import { readDesiredState } from '../fault/desired-state.ts';
import { type ExecutedOperation, Injection } from '../fault/injector.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Application } from '../spec/application.ts';
import type { Operation, Plan } from '../spec/plan.ts';
import type { ClusterProfile } from '../spec/profile.ts';
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
  /** Journal of this world's injection. */
  readonly journal: string;
  readonly signal?: AbortSignal;
  /** Share of the world's time that has passed, 0..1. */
  readonly onProgress?: (done: number) => void;
}

/**
 * cluster up ▶ deploy ▶ warm up ▶ baseline ▶ operations ▶ incident ▶ capture; operations that predate the window are done
 * while it warms up, before anything is recorded. The caller disposes of the cluster.
 */
export async function runWorld(options: WorldOptions): Promise<WorldRun> {
  const { plan, application, profile, signal } = options;
  const seed = worldSeed(plan.seed);
  const cluster = await options.provider.provision(profile, {
    seed,
    startMs: plan.startMs,
    ...(signal ? { signal } : {}),
  });
  try {
    await cluster.deploy(application, {
      requestsPerSecond: plan.requestsPerSecond,
      traceSampling: plan.traceSampling,
      ...(signal ? { signal } : {}),
    });
    const warmMs = cluster.clock.nowMs() + plan.warmUpMs;
    const operations = [...options.operations].sort((a, b) => a.atMs - b.atMs);
    const predating = operations.filter(({ atMs }) => atMs < -plan.baselineMs);
    if (predating.length === 0) await advance(cluster, plan.warmUpMs, signal);
    const desiredBefore = await readDesiredState(cluster.kube);
    const injection = await Injection.open(options.journal, cluster);
    for (const operation of predating) {
      await advanceTo(cluster, warmMs + plan.baselineMs + operation.atMs, signal);
      await injection.execute(operation);
    }
    await advanceTo(cluster, warmMs, signal);
    const startMs = cluster.clock.nowMs();
    const incidentMs = startMs + plan.baselineMs;
    const endMs = incidentMs + plan.incidentMs;
    const capture = await startCapture(cluster, application);
    const report = () => options.onProgress?.((cluster.clock.nowMs() - startMs) / (endMs - startMs));
    for (const operation of operations.slice(predating.length)) {
      await advanceTo(cluster, incidentMs + operation.atMs, signal, report);
      await injection.execute(operation);
    }
    await advanceTo(cluster, endMs, signal, report);
    const recording = await capture.finish({ startMs, incidentMs, endMs });
    return { cluster, recording, executed: injection.executed, injection, desiredBefore };
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

/** Passes time in pieces, so that progress shows and Ctrl-C is heard. */
async function advanceTo(
  cluster: Cluster,
  timeMs: number,
  signal: AbortSignal | undefined,
  report?: () => void,
): Promise<void> {
  const pieceMs = 30_000;
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
