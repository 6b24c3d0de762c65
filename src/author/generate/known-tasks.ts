import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { planScenario } from '../../fault/planner.ts';
import { readPrivate } from '../../snapshot/private/truth.ts';
import { planTiming } from '../../spec/apply-timing.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { type ApplicationCache, checkScenario } from '../check-scenario.ts';
import { expandScenarios } from '../expand-scenarios.ts';
import { type Fingerprint, plannedFingerprint, shownFingerprint } from './fingerprint.ts';

/**
 * Fingerprints of tasks there are already: scenario and suite files by what they plan, bundles and folders of bundles by
 * what they showed.
 */
export async function knownTasks(paths: readonly string[]): Promise<readonly Fingerprint[]> {
  const found: Fingerprint[] = [];
  const files: string[] = [];
  for (const path of paths)
    if (await isFolder(path)) found.push(...(await ofBundles(path)));
    else files.push(path);
  const cache: ApplicationCache = new Map();
  for (const file of files.length === 0 ? [] : await expandScenarios(files)) {
    const { scenario, application, profile } = requireValid(await checkScenario(file, cache));
    const seed = scenario.seed ?? '0'.repeat(32);
    const plan = requireValid(
      planScenario(scenario, application, {
        seed,
        startMs: 0,
        provider: profile.provider,
        timing: planTiming(profile),
      }),
    );
    found.push(plannedFingerprint(basename(file), scenario, plan));
  }
  return found;
}

async function ofBundles(folder: string): Promise<readonly Fingerprint[]> {
  if (await isFolder(join(folder, 'public')))
    return [shownFingerprint(basename(folder), await readPrivate(folder))];
  const found: Fingerprint[] = [];
  for (const name of (await readdir(folder)).sort())
    if (await isFolder(join(folder, name, 'public')))
      found.push(shownFingerprint(name, await readPrivate(join(folder, name))));
  if (found.length === 0)
    throw new UserError('no-bundles', `${folder} is no bundle and holds none`, {
      hint: '--against takes scenario files, suite files, bundles and folders of bundles',
    });
  return found;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
