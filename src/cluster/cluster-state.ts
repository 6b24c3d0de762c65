import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { atomicWrite } from '../base/atomic-write.ts';
import { isAliveProcess } from '../base/is-alive-process.ts';
import { byText } from '../base/order.ts';

/** What we know of a kind cluster that we made; the proof that it is ours. */
export interface KindRecord {
  readonly clusterName: string;
  /** `creating` until kind has finished; a crash in between leaves it so, and the next `up` or `down` cleans up. */
  readonly phase: 'creating' | 'ready';
  /** Epoch ms when its creation began; containers made before are somebody else's. */
  readonly startedMs: number;
  /** Full ids of its node containers. */
  readonly containers: readonly string[];
  /** Image ids by name that each node (by container id) was given. */
  readonly loaded: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Its load generator, once an application was deployed. */
  readonly load?: { readonly namespace: string; readonly workload: string };
}

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
  /** The process that is the cluster; 0 where it is none (kind). */
  readonly pid: number;
  readonly kind?: KindRecord;
}

/** Where culprit keeps what must outlive a process: `XDG_STATE_HOME/culprit`, else `~/.local/state/culprit`. */
export function stateFolder(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? homedir(), '.local/state'), 'culprit');
}

/** Files of one cluster below the state folder. */
export function clusterFiles(
  folder: string,
  name: string,
): Readonly<Record<'state' | 'kubeconfig' | 'log' | 'lock', string>> {
  const base = join(folder, 'clusters', name);
  return {
    state: `${base}.json`,
    kubeconfig: `${base}.kubeconfig`,
    log: `${base}.log`,
    // held while a process changes the cluster
    lock: `${base}.lock`,
  };
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

/** Whether its process lives; a kind cluster counts as alive from the moment it was made until it is taken down. */
export function isAlive(state: Pick<ClusterState, 'pid' | 'kind'>): boolean {
  if (state.kind !== undefined) return state.kind.phase === 'ready';
  return isAliveProcess(state.pid);
}
