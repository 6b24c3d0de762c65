import { dirname } from 'node:path';
import { loadProfile } from '../spec/load-profile.ts';
import { loadScenario } from '../spec/load-scenario.ts';
import { findProfile } from '../spec/workspace.ts';
import { isLive } from './build-session.ts';

/**
 * Whether any of the scenarios runs on a real cluster, by its own profile or the given one. A file with mistakes does not
 * count: the build itself tells them.
 */
export async function isLiveBuild(
  scenarios: readonly string[],
  profile: string | undefined,
): Promise<boolean> {
  for (const path of scenarios) {
    const name = profile ?? (await clusterOf(path));
    const file = name === undefined ? undefined : await findProfile(name, dirname(path));
    const loaded = file === undefined ? undefined : await loadProfile(file);
    if (loaded?.ok && isLive(loaded.value.value)) return true;
  }
  return false;
}

async function clusterOf(path: string): Promise<string | undefined> {
  const loaded = await loadScenario(path).catch(() => undefined);
  return loaded?.ok ? loaded.value.value.cluster : undefined;
}
