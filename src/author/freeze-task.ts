import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rfc3339 } from '../base/clock.ts';
import { sha256 } from '../base/hash.ts';
import { taskId } from '../snapshot/task-identity.ts';
import { writeBundle } from '../snapshot/write-bundle.ts';
import type { Application } from '../spec/application.ts';
import type { Counterfactuals } from '../spec/counterfactuals.ts';
import type { Plan } from '../spec/plan.ts';
import type { Scenario } from '../spec/scenario.ts';
import type { BundleOrigin } from './already-built.ts';
import type { BuiltTask } from './build-pool.ts';
import { type BundleCheck, refusedBundle } from './bundle-check.ts';
import { directorySize } from './directory-size.ts';
import type { Effects } from './prove.ts';
import type { WorldRun } from './run-world.ts';
import type { deriveTruth } from './truth.ts';

/** Everything that a bundle is made of. */
export interface TaskToFreeze {
  readonly scenario: Scenario;
  /** The scenario's file. */
  readonly file: string;
  readonly application: Application;
  readonly seed: string;
  readonly plan: Plan;
  readonly task: Pick<WorldRun, 'recording' | 'cluster'>;
  readonly truth: ReturnType<typeof deriveTruth>;
  readonly effects: Effects;
  readonly counterfactuals: Counterfactuals;
  readonly origin: BundleOrigin;
  readonly twinDigest: string;
}

/** Freezes a task into `<out>/<task id>`; what `check` finds keeps it from getting there. */
export async function freezeTask(
  frozen: TaskToFreeze,
  out: string,
  check: BundleCheck | undefined,
): Promise<BuiltTask> {
  const { scenario, file, application, seed, origin, task, twinDigest } = frozen;
  const { metadata } = scenario;
  const { window } = task.recording;
  await writeBundle(
    task.recording,
    {
      groundTruth: frozen.truth,
      plan: frozen.plan,
      effects: frozen.effects,
      counterfactuals: frozen.counterfactuals,
      provenance: {
        ...origin,
        scenario: {
          name: metadata.name,
          summary: metadata.summary,
          ...(metadata.category === undefined ? {} : { category: metadata.category }),
          ...(metadata.tags === undefined ? {} : { tags: metadata.tags }),
          version: metadata.version,
          ...origin.scenario,
          ...(metadata.split === 'held-out' ? { text: await readFile(file, 'utf8') } : {}),
        },
        kubernetes: (await task.cluster.kube.version()).gitVersion,
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
      out,
      seed,
      domain: scenario.domain,
      split: metadata.split,
      application: {
        name: application.name,
        summary: application.file.summary,
        namespaces: application.file.namespaces,
      },
      ...(scenario.evidence ? { evidence: scenario.evidence } : {}),
      ...(origin.provider === 'embedded' ? {} : { ownNamespaces: operatorNamespaces }),
      replace: true,
      ...(check === undefined
        ? {}
        : {
            check: async (bundle: string) => {
              const findings = await check(bundle);
              if (findings.length > 0) throw refusedBundle(metadata.name, findings);
            },
          }),
    },
  );
  const id = taskId(seed);
  const directory = join(out, id);
  return {
    task: id,
    directory,
    digest: sha256(await readFile(join(directory, 'manifest.json'))),
    split: metadata.split,
    provider: origin.provider,
    bytes: await directorySize(directory),
  };
}

/** Where an operator of a real cluster keeps Prometheus and the collector of telemetry; left out of bundles. */
const operatorNamespaces: readonly string[] = ['observability'];
