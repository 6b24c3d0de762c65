/** What an earlier `npm run test:kind` left that was cut off before it could take its cluster down. */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAliveProcess } from '../src/base/is-alive-process.ts';

/** Begin of the name of the folder that a run works in. */
export const workPrefix = 'kind-run-';

export interface TestRun {
  /** The folder it worked in. */
  readonly folder: string;
  /** The process it was; its cluster and its containers are named after it. */
  readonly pid: number;
}

/** What a run calls its things, so that two runs, and a developer's cluster, never meet. */
export function namesOf(pid: number) {
  return {
    profile: `kind-test-${pid}`,
    cluster: `shop-test-${pid}`,
    /** Label of containers that tests start beside the cluster. */
    label: `culprit-test=${pid}`,
  };
}

/** Runs in `temporary` whose process is no more; `isRunning` tells whether a process is still such a run. */
export function leftoverRuns(temporary: string, isRunning = isTestRun): readonly TestRun[] {
  return namesIn(temporary)
    .filter((name) => name.startsWith(workPrefix))
    .flatMap((name) => {
      const folder = join(temporary, name);
      return namesIn(join(folder, 'clusters')).flatMap((file) => {
        const pid = Number(/^kind-test-(\d+)\.yaml$/.exec(file)?.[1]);
        return pid > 0 && !isRunning(pid) ? [{ folder, pid }] : [];
      });
    });
}

/**
 * Takes away a run's cluster, if it is there, the containers that its tests started beside it, and its folder. What could
 * not be done, for people; the folder goes in any case.
 */
export function removeRun({ folder, pid }: TestRun): string | undefined {
  const { cluster, label } = namesOf(pid);
  const nodes = `label=io.x-k8s.kind.cluster=${cluster}`;
  try {
    if (containers(nodes).length > 0)
      // with a kubeconfig of the run's own: nobody else's is changed
      spawnSync(
        'kind',
        ['delete', 'cluster', '--name', cluster, '--kubeconfig', join(folder, `${cluster}.kubeconfig`)],
        { stdio: 'ignore' },
      );
    const beside = containers(`label=${label}`);
    if (beside.length > 0) spawnSync('docker', ['rm', '--force', ...beside], { stdio: 'ignore' });
    if (containers(nodes).length > 0) throw new Error('it is still there');
    return undefined;
  } catch (error) {
    return `the cluster could not be taken down (${(error as Error).message}); when Docker answers: kind delete cluster --name ${cluster}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ids of containers, also of stopped ones; throws where Docker does not answer. */
function containers(filter: string): readonly string[] {
  const { status, stdout } = spawnSync('docker', ['ps', '--all', '--quiet', '--filter', filter], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error('Docker does not answer');
  return stdout.split('\n').filter((id) => id !== '');
}

/** A number alone is not enough, for another process may have it by now; where `ps` is missing it is spared. */
function isTestRun(pid: number): boolean {
  if (!isAliveProcess(pid)) return false;
  const { error, stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return error !== undefined || stdout.includes('test-kind');
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
