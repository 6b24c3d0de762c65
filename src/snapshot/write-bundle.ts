import { mkdirSync } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { rfc3339 } from '../base/clock.ts';
import { OperationError } from '../base/errors.ts';
import { byText } from '../base/order.ts';
import { sensitiveValues } from '../entity/secret-values.ts';
import type { Manifest } from '../spec/bundle.ts';
import type { Counterfactuals } from '../spec/counterfactuals.ts';
import type { Recording } from '../spec/recording.ts';
import { bundleFileTime, writeWhole } from './file-sink.ts';
import { manifestText, publicDigest } from './manifest.ts';
import { commitmentTo } from './private/commitment.ts';
import { type BundleTruth, writePrivate } from './private/truth.ts';
import { Sanitiser } from './sanitise/sanitiser.ts';
import { canaryOf, saltOf, taskId } from './task-identity.ts';
import { type BundleBudget, defaultBudget, writeChanges, writePublic } from './write-public.ts';

export interface WriteBundleOptions {
  /** Where bundles are kept; this one becomes the folder `<task id>` in it. */
  readonly out: string;
  /** 32 hex digits; task id, canary and salt follow from it. */
  readonly seed: string;
  readonly domain: string;
  readonly split: Manifest['split'];
  readonly application: {
    readonly name: string;
    readonly summary: string;
    readonly namespaces: readonly string[];
  };
  /** What the scenario grants beyond the usual evidence. */
  readonly evidence?: readonly 'changes'[];
  /** Namespaces of the recorder and its helpers on real clusters. */
  readonly ownNamespaces?: readonly string[];
  readonly budget?: Partial<BundleBudget>;
  /** Whether a bundle of the same task may be replaced; otherwise OperationError `bundle-exists`. */
  readonly replace?: boolean;
  /** Looks at the whole bundle before it is put in its place; if it throws, nothing is written. */
  readonly check?: (bundle: string) => Promise<void>;
}

/**
 * Freezes a recording into `<out>/<task>/`: sanitised public part, private part, manifest. All of it is written beside
 * its place and moved there at the end: never half a bundle. The same recording and truth give the same bytes.
 */
export async function writeBundle(
  recording: Recording,
  truth: BundleTruth,
  options: WriteBundleOptions,
): Promise<Manifest> {
  const task = taskId(options.seed);
  const target = resolve(options.out, task);
  const temporary = resolve(options.out, `.${task}.${process.pid}.tmp`);
  if (!options.replace && (await exists(target)))
    throw new OperationError('bundle-exists', `${target} is already there`, {
      hint: 'remove it, or allow replacing it',
    });
  await mkdir(options.out, { recursive: true });
  await rm(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  try {
    const manifest = await writeParts(temporary, task, recording, truth, options);
    await settle(temporary);
    await options.check?.(temporary);
    await moveInto(temporary, target);
    return manifest;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

async function writeParts(
  root: string,
  task: string,
  recording: Recording,
  truth: BundleTruth,
  options: WriteBundleOptions,
): Promise<Manifest> {
  const ownNamespaces = new Set(options.ownNamespaces ?? []);
  const sanitiser = new Sanitiser({
    secretValues: secretsOf(recording),
    names: new Set(recording.objects.map(({ object }) => object.metadata.name)),
    ownNamespaces,
  });
  const publicFiles = await writePublic(root, recording, sanitiser, {
    application: options.application,
    includeChanges: options.evidence?.includes('changes') ?? false,
    ownNamespaces,
    budget: { ...defaultBudget, ...options.budget },
  });
  const changes = writeChanges(root, 'private/changes.jsonl', recording, sanitiser);
  const salt = saltOf(options.seed);
  const { startMs, incidentMs, endMs } = recording.window;
  const privateFiles = writePrivate(root, {
    groundTruth: { apiVersion: 'culprit.dev/v1', kind: 'GroundTruth', task, ...truth.groundTruth },
    plan: sanitiser.value(truth.plan),
    effects: sanitiser.value(truth.effects),
    ...(truth.counterfactuals === undefined
      ? {}
      : // the sanitiser changes texts in it, never its form
        { counterfactuals: sanitiser.value(truth.counterfactuals) as Counterfactuals }),
    provenance: {
      ...truth.provenance,
      seed: options.seed,
      salt,
      window: { start: rfc3339(startMs), incident: rfc3339(incidentMs), end: rfc3339(endMs) },
      losses: recording.losses,
      sanitiser: sanitiser.record(),
    },
  });
  const files = [...publicFiles].sort(byText((file) => file.path));
  const manifest: Manifest = {
    apiVersion: 'culprit.dev/v1',
    kind: 'Bundle',
    task,
    domain: options.domain,
    split: options.split,
    application: options.application.name,
    provider: recording.provider,
    window: { start: rfc3339(startMs), end: rfc3339(endMs) },
    files,
    publicDigest: publicDigest(files),
    privateCommitment: commitmentTo([changes, ...privateFiles], salt),
    canary: canaryOf(options.seed),
  };
  writeWhole(root, 'manifest.json', manifestText(manifest));
  return manifest;
}

function secretsOf(recording: Recording): readonly string[] {
  const last = recording.objects
    .filter(({ object }) => object.kind === 'Secret')
    .flatMap(({ object }) => sensitiveValues(object));
  return [...(recording.secretValues ?? []), ...last];
}

/** Fixed times and modes of folders, innermost first, and everything on the disk. */
async function settle(folder: string): Promise<void> {
  // at once: the file system commits them together, a tenth of the time of one after the other
  await Promise.all(
    (await readdir(folder, { withFileTypes: true })).map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? settle(path) : flush(path);
    }),
  );
  await chmod(folder, 0o755);
  await flush(folder);
  await utimes(folder, bundleFileTime, bundleFileTime);
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function moveInto(temporary: string, target: string): Promise<void> {
  if (!(await exists(target))) return rename(temporary, target);
  const old = `${temporary}.old`;
  await rename(target, old);
  try {
    await rename(temporary, target);
  } catch (error) {
    await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}
