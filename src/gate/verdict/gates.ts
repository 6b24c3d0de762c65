import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readLock } from '../../author/lock-file.ts';
import { type Effects, unproved } from '../../author/prove.ts';
import { sha256 } from '../../base/hash.ts';
import type { PrivatePart } from '../../snapshot/private/truth.ts';
import { verifyBundle } from '../../snapshot/verify-bundle.ts';
import { type LintOptions, lintBundles } from '../lint/lint-bundles.ts';
import { lintRules } from '../lint/rules.ts';
import type { GateResult } from '../scorer-self-test/self-test.ts';

/** One question to a frozen task, answered from the bundle and its private part alone; no world is run. */
export type Gate = (bundle: string, truth: PrivatePart) => Promise<GateResult>;

/** The bundle is what its manifest says and every line has its form. */
export const schemaGate: Gate = async (bundle) => {
  const { findings, files } = await verifyBundle(bundle);
  return result(
    'schema',
    files,
    findings.map(({ code, location, message }) => `${location.file}:${location.line} ${code} ${message}`),
  );
};

/** What the gate is called that only reads what the build proved. */
export const reproducibleGateName = 'reproducible, as its build proved';

/**
 * Whether the task can be made again, as far as the bundle tells: its world and the twin's were the same world until the
 * first cause, and the lock file beside the bundle (if there is one) has the same digest. `rebuildTasks` really does it.
 */
export const reproducibleGate: Gate = async (bundle, { effects, provenance }) => {
  const problems: string[] = [];
  const { baselineEqual } = effects as Partial<Effects>;
  if (baselineEqual === undefined)
    problems.push('the bundle does not say whether task and twin began as one world');
  else if (!baselineEqual.holds)
    problems.push(`task and twin differ before the first cause: ${baselineEqual.detail}`);
  if (typeof provenance['twinDigest'] !== 'string') problems.push('the digest of the twin is missing');
  const digest = sha256(await readFile(join(bundle, 'manifest.json')));
  const lock = await readLock(dirname(bundle));
  const locked = lock?.tasks.find(({ task }) => task === basename(bundle));
  if (locked !== undefined && locked.digest !== digest)
    problems.push(
      `is not the bundle in the lock file: ${digest.slice(7, 19)}, locked ${locked.digest.slice(7, 19)}`,
    );
  return result(reproducibleGateName, locked === undefined ? 2 : 3, problems);
};

/** The effect was proved against the twin, and recovery left a healthy cluster. */
export const effectGate: Gate = async (_, { effects, groundTruth }) => {
  const proof = effects as Partial<Effects> | null;
  if (!Array.isArray(proof?.expectations) || !Array.isArray(proof.indicators))
    return result('effect', 0, ['the bundle holds no proof of the effect']);
  // written by ourselves and fixed by the commitment in the manifest
  const whole = proof as Effects;
  const tried = whole.expectations.length + whole.indicators.length + 2;
  return result('effect', tried, unproved(whole, groundTruth.rootCauses.length === 0));
};

/** Every cause was necessary and effective alone, triggers and distractors were not. */
export const counterfactualGate: Gate = async (_, { counterfactuals }) => {
  if (counterfactuals === undefined)
    return result('counterfactual', 0, ['the bundle holds no counterfactual proof: build it again']);
  if (counterfactuals.skipped !== undefined)
    return result('counterfactual', 0, [`not proved: ${counterfactuals.skipped}`]);
  const { worlds, causes, triggers, distractors, problems } = counterfactuals;
  // a list of problems that does not tell what the claims tell was not written by us
  const untold = [
    ...causes.flatMap((cause) => [cause.necessary, cause.effective]),
    ...(triggers.goesOn ? [triggers.goesOn] : []),
    distractors,
  ].filter(({ holds }) => !holds);
  return result(
    'counterfactual',
    worlds.length + triggers.undone.length,
    problems.length > 0 ? problems : untold.map(({ detail }) => detail),
  );
};

/** The lints over the bundles of a suite, by bundle: rules of one bundle and rules across tasks. */
export async function lintGate(
  bundles: readonly string[],
  options: LintOptions = {},
): Promise<ReadonlyMap<string, GateResult>> {
  const results = await lintBundles(bundles, options);
  return new Map(
    results.map(({ bundle, findings, neighbours }) => [
      bundle,
      result(
        'lint',
        lintRules.length + neighbours.length,
        findings.map(
          ({ code, rule, location, message }) =>
            `${location.file}:${location.line} ${code} ${rule}: ${message}`,
        ),
      ),
    ]),
  );
}

/** The gates that read what `build` proved, in the order in which they are worth looking at. */
export const buildGates: readonly Gate[] = [schemaGate, reproducibleGate, effectGate, counterfactualGate];

function result(gate: string, tried: number, problems: readonly string[]): GateResult {
  return { gate, ok: problems.length === 0, tried, problems };
}
