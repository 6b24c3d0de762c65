import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { canonicalJson } from '../base/json.ts';
import { whileOpen } from '../base/while-open.ts';
import type { Recording } from '../capture/recording.ts';
import { summarise } from '../capture/summary.ts';
import type { Cluster, PrometheusClient } from '../cluster/cluster.ts';
import { stateFolder } from '../cluster/cluster-state.ts';
import { journalPath } from '../fault/journal-path.ts';
import { planScenario, twinOperations } from '../fault/planner.ts';
import { rootCauses } from '../fault/root-causes.ts';
import { taskId } from '../snapshot/task-identity.ts';
import type { Application } from '../spec/application.ts';
import { planTiming, ruleShare } from '../spec/apply-timing.ts';
import { requireValid } from '../spec/diagnostics-error.ts';
import { packageVersion } from '../spec/package-version.ts';
import type { Plan } from '../spec/plan.ts';
import { alertId } from './alert-difference.ts';
import { alreadyBuilt, type BundleOrigin } from './already-built.ts';
import type { BuildJob, BuiltTask } from './build-pool.ts';
import { type BuildSession, isLive } from './build-session.ts';
import type { BundleCheck } from './bundle-check.ts';
import { checkScenario } from './check-scenario.ts';
import { alertRows, indicatorRows } from './counterfactual/observe.ts';
import {
  notSound,
  runCounterfactuals,
  skippedCounterfactuals,
  whySkipped,
} from './counterfactual/run-counterfactuals.ts';
import { reverseTriggers } from './counterfactual/trigger-reversal.ts';
import { causeGroups } from './counterfactual/worlds.ts';
import { freezeTask } from './freeze-task.ts';
import { keepUnproved } from './keep-unproved.ts';
import type { BuildStep, OnProgress } from './progress.ts';
import { askTwin, type Effects, measureEffects, notProved, unproved } from './prove.ts';
import { recoverAndCheck } from './recovery-check.ts';
import { RememberedPrometheus } from './remembered-prometheus.ts';
import { requireCapabilities } from './require-capabilities.ts';
import { runWorld, undoAll, type WorldRun } from './run-world.ts';
import { isGuessable, newSeed, worldStartMs } from './seed.ts';
import { twinKey } from './shared-twin.ts';
import { spoolRecording } from './spool-recording.ts';
import { deriveTruth } from './truth.ts';
import { digestOfRecording } from './twin-digest.ts';
import { entitiesOfWorld } from './world-entities.ts';

/**
 * The whole pipeline for one scenario file: plan, twin, task, recovery, proof, freeze. Throws DiagnosticsError for a
 * scenario with mistakes and `effect-not-proved` where the proof fails; then no bundle is made.
 */
export async function buildScenario(
  job: BuildJob,
  options: {
    readonly signal?: AbortSignal;
    readonly onProgress?: OnProgress;
    readonly session: BuildSession;
    readonly check?: BundleCheck;
  },
): Promise<BuiltTask> {
  const { signal, session } = options;
  let latest: { readonly step: BuildStep; readonly done: number } = { step: 'plan', done: 0 };
  const report = (step: BuildStep, done: number) => {
    latest = { step, done };
    options.onProgress?.({ scenario: job.scenario, step, done });
  };
  const tell = (detail: string) => options.onProgress?.({ scenario: job.scenario, ...latest, detail });
  session.onStep = tell;
  const check = job.lint === false ? undefined : options.check;
  report('plan', 0);
  const checked = requireValid(
    await checkScenario(job.scenario, undefined, {
      ...(job.profile === undefined ? {} : { profile: job.profile }),
      ...(job.lookUpFrom === undefined ? {} : { lookUpFrom: job.lookUpFrom }),
    }),
  );
  const { scenario, profile } = checked;
  const live = isLive(profile);
  const provider = await session.provider(profile);
  const application = provider.prepare?.(checked.application, profile) ?? checked.application;
  const seed = job.seed ?? scenario.seed ?? newSeed();
  if (scenario.metadata.split === 'held-out' && isGuessable(seed))
    throw new UserError('seed-guessable', 'a held-out task needs a seed that nobody can guess', {
      hint: 'leave it out of the file and 128 random bits are drawn; the seal keeps them',
    });
  const plan = requireValid(
    planScenario(scenario, application, {
      seed,
      startMs: live ? Date.now() : worldStartMs(seed),
      provider: profile.provider,
      timing: planTiming(profile),
    }),
  );
  const origin: BundleOrigin = {
    culprit: await packageVersion(),
    provider: profile.provider,
    profile: profile.name,
    application: { name: application.name, digest: digestOfApplication(application) },
    scenario: { digest: sha256(await readFile(job.scenario)) },
  };
  const old = job.resume ? await alreadyBuilt(join(job.out, taskId(seed)), origin) : undefined;
  if (old !== undefined) return old;

  const work = await mkdtemp(join(tmpdir(), 'build-'));
  const world = (name: string, operations: Plan['operations'], from: number, to: number, step: BuildStep) => {
    report(step, from);
    return runWorld({
      plan,
      operations,
      application,
      profile,
      provider,
      journal: async (cluster) => (live ? liveJournal(cluster) : join(work, `${name}.journal`)),
      ...(signal ? { signal } : {}),
      onProgress: (done) => report(step, from + (to - from) * done),
      ...(live ? { onStep: tell } : {}),
    });
  };
  const open: WorldRun[] = [];
  try {
    if (live) {
      const options = { seed: 0, startMs: plan.startMs, ...(signal ? { signal } : {}) };
      await whileOpen(await provider.provision(profile, options), (cluster) => {
        tell('trying what the cluster can do');
        return requireCapabilities(scenario, cluster, () => session.probed(profile, cluster));
      });
    }
    const key = job.ownTwin ? undefined : twinKey(plan, application, profile);
    const twin = await twinOf(
      plan,
      live,
      session,
      key,
      () => world('twin', twinOperations(plan), 0.02, 0.3, 'twin'),
      (recording, prometheus) => askTwin(plan, application, recording, prometheus, ruleShare(profile)),
    );
    if (twin.run !== undefined) open.push(twin.run);
    const taskRun = await world('task', plan.operations, 0.3, 0.58, 'task');
    open.push(taskRun);
    if (live) tell('reading metrics, spans and logs');
    // what a live cluster tells of the window is read once, before it is put back
    const task = live
      ? { ...taskRun, recording: await spoolRecording(taskRun.recording, join(work, 'task')) }
      : taskRun;

    report('prove', 0.58);
    const { measured, ...measuredEffects } = await measureEffects(
      plan,
      application,
      { recording: task.recording, prometheus: task.cluster.prometheus },
      twin,
      ruleShare(profile),
    );
    const isControl = scenario.faults.length === 0;
    const summaries = { task: await summarise(task.recording), twin: await summarise(twin.recording) };
    const entities = entitiesOfWorld(task.recording);
    const truth = deriveTruth(scenario, task, entities, summaries, measuredEffects.alertsDueToCauses);
    const seenInTask = {
      alerts: alertRows(measuredEffects.alertsDueToCauses),
      indicators: indicatorRows(application, measured.task, measured.twin),
      symptoms: truth.symptoms.map(({ entity }) => entity),
    };
    // the recording is read from the cluster while it is written: what comes after its window does not reach it
    const twinDigest = await digestOfRecording(twin.recording);
    const why = whySkipped(job, profile.provider);
    report('recover', 0.62);
    const triggers = why
      ? undefined
      : await reverseTriggers({
          cluster: task.cluster,
          injection: task.injection,
          application,
          task: seenInTask,
          twin: measured.twin,
          dueAlerts: measuredEffects.alertsDueToCauses,
          latent: plan.latent,
          ...(signal ? { signal } : {}),
        });
    const recovery = await recoverAndCheck({
      cluster: task.cluster,
      injection: task.injection,
      application,
      before: task.desiredBefore,
      baselines: live ? [measured.twin, measured.task] : [measured.twin],
      dueAlerts: new Set(measuredEffects.alertsDueToCauses.map(alertId)),
      windowShare: ruleShare(profile),
      ...(live ? { onStep: tell } : {}),
    });
    const effects: Effects = { ...measuredEffects, recovery };
    const problems = unproved(effects, isControl);
    const causes = causeGroups(
      task.executed,
      (one) => rootCauses([one], scenario).map(({ entity }) => entities.graph.universe.fold(entity))[0],
    );
    const toFreeze = {
      scenario,
      file: job.scenario,
      application,
      seed,
      plan,
      task,
      truth,
      origin,
      twinDigest,
    };
    const refuse = async (all: readonly string[]) => {
      const folder = job.keepUnproved;
      const kept =
        folder === undefined ? undefined : await keepUnproved({ ...toFreeze, effects }, all, folder);
      return notProved(scenario.metadata.name, all, kept);
    };
    // with several causes the worlds say why one of them does not show
    if (problems.length > 0 && causes.length < 2) throw await refuse(problems);
    signal?.throwIfAborted();

    report('worlds', 0.68);
    const counterfactuals =
      triggers === undefined
        ? skippedCounterfactuals(why ?? '')
        : await runCounterfactuals(
            {
              plan,
              application,
              causes,
              task: seenInTask,
              twin: { recording: twin.recording, summary: summaries.twin, indicators: measured.twin },
              triggers,
            },
            (name, operations) => world(name, operations, 0.68, 0.94, 'worlds'),
          );
    if (problems.length > 0) throw await refuse([...counterfactuals.problems, ...problems]);
    if (counterfactuals.problems.length > 0) throw notSound(scenario.metadata.name, counterfactuals);

    report('freeze', 0.95);
    const built = await freezeTask({ ...toFreeze, effects, counterfactuals }, job.out, check);
    report('freeze', 1);
    return built;
  } finally {
    for (const { cluster, injection } of open) {
      try {
        if (live) await undoAll(injection);
      } finally {
        await injection.close();
        await cluster[Symbol.asyncDispose]();
      }
    }
    await rm(work, { recursive: true, force: true });
  }
}

function digestOfApplication({ manifests, programs, rules }: Application): string {
  return sha256(canonicalJson({ manifests, programs: [...programs], rules }));
}

/** The twin as the proof needs it. */
interface ComparedTwin {
  readonly recording: Recording;
  readonly prometheus: PrometheusClient;
  /** The twin's world, where it goes on beside the task's. */
  readonly run?: WorldRun;
}

/**
 * The world without the causes. On a live cluster it is spooled and undone before the task's world begins on the same
 * cluster, and kept for other scenarios of this build that need the same one.
 */
async function twinOf(
  plan: Plan,
  live: boolean,
  session: BuildSession,
  key: string | undefined,
  run: () => Promise<WorldRun>,
  ask: (recording: Recording, prometheus: PrometheusClient) => Promise<void>,
): Promise<ComparedTwin> {
  if (!live) {
    const world = await run();
    return { recording: world.recording, prometheus: world.cluster.prometheus, run: world };
  }
  const shared = key === undefined ? undefined : session.twin(key);
  if (shared !== undefined) return shared;
  const { recording, injection, cluster } = await run();
  try {
    const spooled = await spoolRecording(recording, await session.folder('twin'));
    // the next world begins with an empty Prometheus
    const prometheus = new RememberedPrometheus(cluster.prometheus);
    await ask(spooled, prometheus);
    prometheus.forget();
    const twin = { recording: spooled, prometheus, scenario: plan.scenario };
    if (key !== undefined) session.keepTwin(key, twin);
    return twin;
  } finally {
    try {
      await undoAll(injection);
    } finally {
      await injection.close();
    }
  }
}

async function liveJournal(cluster: Cluster): Promise<string> {
  const system = await cluster.kube.get({ apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' });
  return journalPath(stateFolder(process.env), { kubeSystemUid: system.metadata.uid ?? '' });
}
