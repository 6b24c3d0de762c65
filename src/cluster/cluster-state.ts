import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { atomicWrite } from '../base/atomic-write.ts';
import { byText } from '../base/order.ts';

/** A cluster that `culprit cluster up` keeps running, as written beside its kubeconfig. */
export interface ClusterState {
  readonly name: string;
  readonly provider: string;
  /** Absolute path of the profile it was made from. */
  readonly profile: string;
  readonly application: string;
  readonly kubeconfig: string;
  readonly server: string;
  readonly prometheus: string;
  /** Virtual seconds a second; 1 is real time. */
  readonly speed: number;
  readonly pid: number;
}

/** Where culprit keeps what must outlive a process: `XDG_STATE_HOME/culprit`, else `~/.local/state/culprit`. */
export function stateFolder(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? homedir(), '.local/state'), 'culprit');
}

/** Files of one cluster below the state folder. */
export function clusterFiles(
  folder: string,
  name: string,
): { readonly state: string; readonly kubeconfig: string; readonly log: string } {
  const base = join(folder, 'clusters', name);
  return { state: `${base}.json`, kubeconfig: `${base}.kubeconfig`, log: `${base}.log` };
}

export async function writeClusterState(folder: string, state: ClusterState): Promise<void> {
  await mkdir(join(folder, 'clusters'), { recursive: true });
  await atomicWrite(clusterFiles(folder, state.name).state, `${JSON.stringify(state, undefined, 2)}\n`);
}

/** All clusters that were started and not taken down, running or not, sorted by name. */
export async function readClusterStates(folder: string): Promise<readonly ClusterState[]> {
  const names = await readdir(join(folder, 'clusters')).catch((): string[] => []);
  const states = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .map(
        async (name) => JSON.parse(await readFile(join(folder, 'clusters', name), 'utf8')) as ClusterState,
      ),
  );
  return states.sort(byText((state) => state.name));
}

export async function removeClusterState(folder: string, name: string): Promise<void> {
  const files = clusterFiles(folder, name);
  for (const path of [files.state, files.kubeconfig, files.log]) await rm(path, { force: true });
}

/** Whether its process lives. */
export function isAlive(state: Pick<ClusterState, 'pid'>): boolean {
  try {
    process.kill(state.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
