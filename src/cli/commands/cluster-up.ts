import { relative } from 'node:path';
import { exitCodes, UserError } from '../../base/errors.ts';
import { key } from '../../base/random.ts';
import { clusterFiles, isAlive, readClusterStates, stateFolder } from '../../cluster/cluster-state.ts';
import { startClusterProcess } from '../../cluster/embedded/start-cluster-process.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { loadApplication } from '../../spec/load-application.ts';
import { loadProfile } from '../../spec/load-profile.ts';
import type { ClusterProfile } from '../../spec/profile.ts';
import { requireApplication, requireProfile } from '../../spec/workspace.ts';
import type { Command, CommonOptions, Io } from '../io.ts';
import { ProgressLine } from '../progress-line.ts';

export interface ClusterUpOptions {
  readonly profile: string;
  readonly application: string;
  readonly speed: string;
  readonly rate?: string;
  readonly port?: string;
  readonly seed?: string;
}

/** `culprit cluster up`: keeps a cluster running in the background and prints how to reach it. */
export const clusterUp: Command<ClusterUpOptions> = async (options, io) => {
  const profilePath = await requireProfile(options.profile, io.cwd);
  const { value: profile } = requireValid(await loadProfile(profilePath));
  const application = await requireApplication(options.application, io.cwd);
  const folder = stateFolder(io.env);
  if (profile.provider === 'kind') return kindUp(profile, profilePath, application, options, io);
  if (profile.provider !== 'embedded')
    throw new UserError(
      'provider-missing',
      `${options.profile} is about a cluster that somebody else runs (${profile.provider}): there is nothing to start`,
    );
  const existing = (await readClusterStates(folder)).find((state) => state.name === profile.name);
  if (existing && isAlive(existing))
    throw new UserError(
      'cluster-exists',
      `the cluster "${profile.name}" is running already (process ${existing.pid})`,
      {
        hint: `use it with KUBECONFIG=${existing.kubeconfig}, or \`culprit cluster down --profile ${options.profile}\` first`,
      },
    );
  const progress = new ProgressLine(io.stderr, options.quiet);
  progress.note(`cluster ${profile.name} from ${relative(io.cwd, profilePath)}`);
  await startClusterProcess(
    {
      name: profile.name,
      profile: profilePath,
      application,
      ...(options.rate === undefined ? {} : { requestsPerSecond: positive('--rate', options.rate) }),
      seed: key(0, options.seed ?? 'cluster'),
      startMs: Date.now(),
      speed: positive('--speed', options.speed),
      port: options.port === undefined ? 0 : positive('--port', options.port),
      folder,
    },
    (step) => progress.note(`  ${step}`),
    io.signal,
  );
  const state = (await readClusterStates(folder)).find((one) => one.name === profile.name);
  if (!state) throw new Error('a cluster that is ready has written its state');
  progress.note(`ready; \`culprit cluster down --profile ${options.profile}\` ends it`);
  io.stdout.write(
    options.json
      ? `${JSON.stringify(state, undefined, 2)}\n`
      : `export KUBECONFIG=${clusterFiles(folder, profile.name).kubeconfig}\n# Kubernetes API ${state.server}, Prometheus API ${state.prometheus}, ${state.speed}x real time\n`,
  );
  return exitCodes.ok;
};

/** Makes or finds the kind cluster of a profile and puts the application into it. */
async function kindUp(
  profile: ClusterProfile,
  profilePath: string,
  applicationFolder: string,
  options: ClusterUpOptions & CommonOptions,
  io: Io,
): Promise<number> {
  for (const name of ['port', 'seed'] as const)
    if (options[name] !== undefined)
      throw new UserError('flag', `--${name} is for embedded clusters; ${options.profile} is one of kind`);
  if (options.speed !== '1')
    throw new UserError('flag', '--speed is for embedded clusters: in a real one time passes by itself');
  const application = requireValid(await loadApplication(applicationFolder));
  const progress = new ProgressLine(io.stderr, options.quiet);
  progress.note(`cluster ${profile.name} from ${relative(io.cwd, profilePath)}`);
  const { keepKindCluster } = await import('../../cluster/kind/keep-cluster.ts');
  const state = await keepKindCluster({
    folder: stateFolder(io.env),
    profile,
    profilePath,
    application,
    ...(options.rate === undefined ? {} : { requestsPerSecond: positive('--rate', options.rate) }),
    onStep: (step) => progress.note(`  ${step}`),
    signal: io.signal,
  });
  progress.note(`ready; \`culprit cluster down --profile ${options.profile}\` ends it`);
  io.stdout.write(
    options.json
      ? `${JSON.stringify(state, undefined, 2)}\n`
      : `export KUBECONFIG=${state.kubeconfig}\n# Kubernetes API ${state.server}; Prometheus: ${state.prometheus}\n`,
  );
  return exitCodes.ok;
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UserError('flag', `${flag} takes a number above zero, not "${text}"`);
}
