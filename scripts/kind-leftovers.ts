/** What an earlier `npm run test:kind` left that was cut off before it could take its cluster down. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Begin of the name of the folder that a run works in. */
export const workPrefix = 'kind-run-';

export interface TestRun {
  /** The folder it worked in. */
  readonly folder: string;
  /** The process it was; its cluster and its containers are named after it. */
  readonly pid: number;
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

/** Takes away a run's cluster, if it is there, and the containers that its tests started beside it. */
export function removeCluster({ folder, pid }: TestRun): void {
  const cluster = `shop-test-${pid}`;
  if (containers(`label=io.x-k8s.kind.cluster=${cluster}`).length > 0)
    // with a kubeconfig of the run's own: nobody else's is changed
    spawnSync(
      'kind',
      ['delete', 'cluster', '--name', cluster, '--kubeconfig', join(folder, `${cluster}.kubeconfig`)],
      { stdio: 'ignore' },
    );
  const beside = containers(`label=culprit-test=${pid}`);
  if (beside.length > 0) spawnSync('docker', ['rm', '--force', ...beside], { stdio: 'ignore' });
}

/** Ids of containers, also of stopped ones; throws where Docker does not answer. */
export function containers(filter: string): readonly string[] {
  const { status, stdout } = spawnSync('docker', ['ps', '--all', '--quiet', '--filter', filter], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error('Docker does not answer');
  return stdout.split('\n').filter((id) => id !== '');
}

/** A number alone is not enough: another process may have it by now. */
function isTestRun(pid: number): boolean {
  return spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout.includes(
    'test-kind',
  );
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
