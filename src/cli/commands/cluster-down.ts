import { exitCodes, UserError } from '../../base/errors.ts';
import { isAlive, readClusterStates, removeClusterState, stateFolder } from '../../cluster/cluster-state.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { loadProfile } from '../../spec/load-profile.ts';
import { requireProfile } from '../../spec/workspace.ts';
import type { Command, CommonOptions, Io } from '../io.ts';

/** `culprit cluster down`: ends a cluster that `cluster up` keeps running, and clears what it left. */
export const clusterDown: Command<{ readonly profile: string }> = async (options, io) => {
  const folder = stateFolder(io.env);
  const { value: profile } = requireValid(await loadProfile(await requireProfile(options.profile, io.cwd)));
  const states = await readClusterStates(folder);
  const state = states.find((one) => one.name === profile.name);
  if (!state)
    throw new UserError('no-such-cluster', `no cluster "${profile.name}" is kept running`, {
      hint:
        states.length > 0
          ? `running: ${states.map((one) => one.name).join(', ')}`
          : '`culprit cluster up` starts one',
    });
  if (state.kind !== undefined) {
    const { takeDown } = await import('../../cluster/kind/take-down.ts');
    const wasThere = await takeDown(folder, state);
    return told({ name: state.name, was: wasThere ? 'running' : 'gone' }, options, io);
  }
  const wasAlive = isAlive(state);
  if (wasAlive) {
    process.kill(state.pid, 'SIGTERM');
    for (let waited = 0; isAlive(state) && waited < 5000; waited += 50)
      await new Promise((done) => setTimeout(done, 50));
    if (isAlive(state)) process.kill(state.pid, 'SIGKILL');
  }
  await removeClusterState(folder, state.name);
  return told({ name: state.name, was: wasAlive ? 'running' : 'gone' }, options, io);
};

function told(result: { name: string; was: 'running' | 'gone' }, { json }: CommonOptions, io: Io): number {
  io.stdout.write(
    json
      ? `${JSON.stringify(result)}\n`
      : result.was === 'running'
        ? `${result.name} ended\n`
        : `${result.name} was gone already; cleared what it left\n`,
  );
  return exitCodes.ok;
}
