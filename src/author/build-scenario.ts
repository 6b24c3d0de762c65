import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rfc3339 } from '../base/clock.ts';
import { UserError } from '../base/errors.ts';
import { sha256 } from '../base/hash.ts';
import { canonicalJson } from '../base/json.ts';
import { summarise } from '../capture/summary.ts';
import { planScenario, twinOperations } from '../fault/planner.ts';
import { rootCauses } from '../fault/root-causes.ts';
import { taskId } from '../snapshot/task-identity.ts';
import { writeBundle } from '../snapshot/write-bundle.ts';
import { requireValid } from '../spec/diagnostics-error.ts';
import { loadProfile } from '../spec/load-profile.ts';
import { packageVersion } from '../spec/package-version.ts';
import type { Plan } from '../spec/plan.ts';
import { requireProfile } from '../spec/workspace.ts';
import { alertId } from './alert-difference.ts';
import type { BuildJob, BuiltTask } from './build-pool.ts';
import { type BundleCheck, refusedBundle } from './bundle-check.ts';
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
import { directorySize } from './directory-size.ts';
import type { BuildStep, OnProgress } from './progress.ts';
import { type Effects, measureEffects, notProved, unproved } from './prove.ts';
import { loadProvider } from './providers.ts';
import { recoverAndCheck } from './recovery-check.ts';
import { runWorld, type WorldRun } from './run-world.ts';
import { isGuessable, newSeed, worldStartMs } from './seed.ts';
import { deriveTruth } from './truth.ts';
import { digestOfRecording } from './twin-digest.ts';
import { entitiesOfWorld } from './world-entities.ts';

/**
 * The whole pipeline for one scenario file: plan, twin, task, recovery, proof, freeze. Throws DiagnosticsError for a
 * scenario with mistakes and `effect-not-proved` where the proof fails; then no bundle is made.
 */
export async function buildScenario(
  job: BuildJob,
  options: { readonly signal?: AbortSignal; readonly onProgress?: OnProgress; readonly check?: BundleCheck },
): Promise<BuiltTask> {
  const report = (step: BuildStep, done: number) =>
    options.onProgress?.({ scenario: job.scenario, step, done });
  const { signal } = options;
  const check = job.lint === false ? undefined : options.check;
  report('plan', 0);
  const checked = requireValid(await checkScenario(job.scenario, new Map(), job.lookUpFrom));
  const { scenario, application } = checked;
  const profile =
    job.profile === undefined
      ? checked.profile
      : requireValid(await loadProfile(await requireProfile(job.profile, dirname(job.scenario)))).value;
  const seed = job.seed ?? scenario.seed ?? newSeed();
  if (scenario.metadata.split === 'held-out' && isGuessable(seed))
    throw new UserError('seed-guessable', 'a held-out task needs a seed that nobody can guess', {
      hint: 'leave it out of the file and 128 random bits are drawn; the seal keeps them',
    });
  const plan = requireValid(
    planScenario(scenario, application, { seed, startMs: worldStartMs(seed), provider: profile.provider }),
  );
  const provider = await loadProvider(profile.provider);

  const work = await mkdtemp(join(tmpdir(), 'build-'));
  const world = (name: string, operations: Plan['operations'], from: number, to: number, step: BuildStep) =>
    runWorld({
      plan,
      operations,
      application,
      profile,
      provider,
      journal: join(work, `${name}.journal`),
      ...(signal ? { signal } : {}),
      onProgress: (done) => report(step, from + (to - from) * done),
    });
  const open: WorldRun[] = [];
  try {
    const twin = await world('twin', twinOperations(plan), 0.02, 0.3, 'twin');
    open.push(twin);
    const task = await world('task', plan.operations, 0.3, 0.58, 'task');
    open.push(task);

    report('prove', 0.58);
    const { measured, ...measuredEffects } = await measureEffects(
      plan,
      application,
      { recording: task.recording, prometheus: task.cluster.prometheus },
      { recording: twin.recording, prometheus: twin.cluster.prometheus },
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
      baseline: measured.twin,
      dueAlerts: new Set(measuredEffects.alertsDueToCauses.map(alertId)),
    });
    const effects: Effects = { ...measuredEffects, recovery };
    const problems = unproved(effects, isControl);
    const causes = causeGroups(
      task.executed,
      (one) => rootCauses([one], scenario).map(({ entity }) => entities.graph.universe.fold(entity))[0],
    );
    // with several causes the worlds say why one of them does not show
    if (problems.length > 0 && causes.length < 2) throw notProved(scenario.metadata.name, problems);
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
    if (problems.length > 0)
      throw notProved(scenario.metadata.name, [...counterfactuals.problems, ...problems]);
    if (counterfactuals.problems.length > 0) throw notSound(scenario.metadata.name, counterfactuals);

    report('freeze', 0.95);
    const { window } = task.recording;
    await writeBundle(
      task.recording,
      {
        groundTruth: truth,
        plan,
        effects,
        counterfactuals,
        provenance: {
          culprit: await packageVersion(),
          scenario: {
            name: scenario.metadata.name,
            summary: scenario.metadata.summary,
            ...(scenario.metadata.category === undefined ? {} : { category: scenario.metadata.category }),
            ...(scenario.metadata.tags === undefined ? {} : { tags: scenario.metadata.tags }),
            version: scenario.metadata.version,
            digest: sha256(await readFile(job.scenario)),
            ...(scenario.metadata.split === 'held-out' ? { text: await readFile(job.scenario, 'utf8') } : {}),
          },
          provider: profile.provider,
          profile: profile.name,
          kubernetes: (await task.cluster.kube.version()).gitVersion,
          application: {
            name: application.name,
            digest: sha256(
              canonicalJson({
                manifests: application.manifests,
                programs: [...application.programs],
                rules: application.rules,
              }),
            ),
          },
          window: {
            start: rfc3339(window.startMs),
            incident: rfc3339(window.incidentMs),
            end: rfc3339(window.endMs),
          },
          twinDigest,
          // a bundle that was refused is not there to say so
          lint: check === undefined ? 'left out' : 'no findings',
        },
      },
      {
        out: job.out,
        seed,
        domain: scenario.domain,
        split: scenario.metadata.split,
        application: {
          name: application.name,
          summary: application.file.summary,
          namespaces: application.file.namespaces,
        },
        ...(scenario.evidence ? { evidence: scenario.evidence } : {}),
        replace: true,
        ...(check === undefined
          ? {}
          : {
              check: async (bundle: string) => {
                const findings = await check(bundle);
                if (findings.length > 0) throw refusedBundle(scenario.metadata.name, findings);
              },
            }),
      },
    );
    const id = taskId(seed);
    const directory = join(job.out, id);
    report('freeze', 1);
    return {
      task: id,
      directory,
      digest: sha256(await readFile(join(directory, 'manifest.json'))),
      split: scenario.metadata.split,
      provider: profile.provider,
      bytes: await directorySize(directory),
    };
  } finally {
    for (const { cluster, injection } of open) {
      await injection.close();
      await cluster[Symbol.asyncDispose]();
    }
    await rm(work, { recursive: true, force: true });
  }
}
