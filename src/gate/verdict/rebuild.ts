import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { BuildJob, BuildOutcome } from '../../author/build-pool.ts';
import { heldOutJob } from '../../author/held-out-job.ts';
import { readLock } from '../../author/lock-file.ts';
import { sha256 } from '../../base/hash.ts';
import { type PrivatePart, readPrivate } from '../../snapshot/private/truth.ts';
import { readManifest } from '../../snapshot/public-reader.ts';
import { buildTasks } from '../build/build-tasks.ts';
import type { GateResult } from '../scorer-self-test/self-test.ts';

export interface RebuildOptions {
  readonly identities: readonly string[];
  /** Scenario files the tasks may be made from, besides those the lock file beside a bundle names. */
  readonly scenarios: readonly string[];
  /** How many are built at a time. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (finished: number, all: number, doing: string) => void;
}

/** What the gate is called that really built the task again. */
const gate = 'reproducible, built again';

/**
 * Builds every task again, elsewhere, from its scenario and seed, and compares the bytes: by bundle what the gate
 * `reproducible` says. A bundle from a real cluster has no bytes to compare and is left out: `regenerate` compares its
 * effects.
 */
export async function rebuildTasks(
  bundles: readonly string[],
  options: RebuildOptions,
): Promise<ReadonlyMap<string, GateResult>> {
  const work = await mkdtemp(join(tmpdir(), 'rebuild-'));
  try {
    const results = new Map<string, GateResult>();
    const wanted: { readonly bundle: string; readonly job: BuildJob }[] = [];
    for (const bundle of bundles) {
      if ((await readManifest(bundle)).provider !== 'embedded') continue;
      const job = await jobOf(bundle, options, work);
      if (job === undefined)
        results.set(bundle, {
          gate,
          ok: false,
          tried: 0,
          problems: ['the scenario it was made from was not found: give --suite, or a lock.json beside it'],
        });
      else wanted.push({ bundle, job });
    }
    let finished = 0;
    const outcomes = await buildTasks(
      wanted.map(({ job }) => job),
      {
        jobs: options.jobs,
        signal: options.signal,
        onProgress: ({ step, done }) =>
          options.onProgress?.(finished, wanted.length, `${step} ${Math.round(done * 100)}%`),
        onOutcome: () => void finished++,
      },
    );
    options.signal.throwIfAborted();
    for (const [index, { bundle }] of wanted.entries()) {
      const problems = await compare(bundle, outcomes[index]);
      results.set(bundle, { gate, ok: problems.length === 0, tried: 1, problems });
    }
    return results;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** How the task is built again, or undefined if its scenario is not known. */
async function jobOf(bundle: string, options: RebuildOptions, work: string): Promise<BuildJob | undefined> {
  const truth = await readPrivate(bundle, options.identities);
  const { provenance, counterfactuals } = truth;
  const seed = provenance['seed'];
  const how = {
    ...(provenance['lint'] === 'left out' ? { lint: false } : {}),
    ...(counterfactuals === undefined || counterfactuals.skipped !== undefined
      ? { counterfactual: false }
      : {}),
  };
  const { split } = await readManifest(bundle);
  if (split === 'held-out')
    return { ...(await heldOutJob(bundle, options.identities, work, work)), lookUpFrom: bundle, ...how };
  const scenario = await scenarioOf(bundle, truth, options.scenarios);
  return scenario === undefined || typeof seed !== 'string'
    ? undefined
    : { scenario, seed, out: work, ...how };
}

/** The scenario file with the digest the bundle was made from. */
async function scenarioOf(
  bundle: string,
  { provenance }: PrivatePart,
  known: readonly string[],
): Promise<string | undefined> {
  const { digest } = (provenance['scenario'] ?? {}) as { readonly digest?: string };
  const beside = dirname(bundle);
  const locked = (await readLock(beside))?.tasks.flatMap(({ scenario }) =>
    scenario === undefined ? [] : [resolve(beside, scenario)],
  );
  for (const path of [...known, ...(locked ?? [])]) {
    const text = await readFile(path).catch(() => undefined);
    if (text !== undefined && sha256(text) === digest) return path;
  }
  return undefined;
}

async function compare(bundle: string, outcome: BuildOutcome | undefined): Promise<readonly string[]> {
  if (outcome?.status !== 'built')
    return [
      `it could not be built again: ${outcome?.status === 'failed' ? outcome.code : (outcome?.status ?? 'no outcome')}`,
    ];
  const digest = sha256(await readFile(join(bundle, 'manifest.json')));
  return digest === outcome.digest
    ? []
    : [`built again it has other bytes: ${outcome.digest.slice(7, 19)}, frozen ${digest.slice(7, 19)}`];
}
