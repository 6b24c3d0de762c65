import { exitCodes } from '../../base/errors.ts';
import { whileOpen } from '../../base/while-open.ts';
import { type ClusterState, isAlive, readClusterStates, stateFolder } from '../../cluster/cluster-state.ts';
import { connectCluster } from '../connect-cluster.ts';
import type { Command } from '../io.ts';
import { formatTable } from '../table.ts';

/** `culprit cluster status`: what runs, how to reach it, and what time it is there. Exit 1 if one that was started is gone. */
export const clusterStatus: Command<object> = async (options, io) => {
  const states = await readClusterStates(stateFolder(io.env));
  const rows = await Promise.all(
    states.map(async (state) => {
      const status = await statusOf(state);
      const now = status === 'running' ? await clockOf(state.kubeconfig, io) : undefined;
      return { ...state, status, ...(now === undefined ? {} : { now }) };
    }),
  );
  if (options.json) io.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
  else if (rows.length === 0)
    io.stdout.write('no cluster is kept running; `culprit cluster up` starts one\n');
  else
    io.stdout.write(
      formatTable(
        ['name', 'status', 'application', 'clock', 'speed', 'kubeconfig', 'prometheus'],
        rows.map((row) => [
          row.name,
          row.status,
          row.application,
          row.now ?? '',
          `${row.speed}x`,
          row.kubeconfig,
          row.prometheus,
        ]),
      ),
    );
  const lost = rows.filter((row) => row.status !== 'running');
  if (lost.length > 0) {
    io.stderr.write(
      lost.some((row) => row.status === 'unknown')
        ? 'Docker does not answer: nobody can tell how the clusters in it are\n'
        : 'a cluster that was started is not running any more; `culprit cluster down` clears what it left\n',
    );
    return exitCodes.failed;
  }
  return exitCodes.ok;
};

async function statusOf(state: ClusterState): Promise<string> {
  if (state.kind === undefined) return isAlive(state) ? 'running' : 'gone';
  const { kindStatus } = await import('../../cluster/kind/kind-status.ts');
  return kindStatus(state);
}

async function clockOf(kubeconfig: string, io: Parameters<Command<object>>[1]): Promise<string | undefined> {
  try {
    return await whileOpen(await connectCluster({ kubeconfig }, io), async (cluster) => {
      return new Date(await cluster.nowMs()).toISOString();
    });
  } catch {
    return undefined; // it is ending just now, or too busy to answer: the status says that it runs
  }
}
