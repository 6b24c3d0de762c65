import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CulpritError, OperationError } from '../../base/errors.ts';
import { type ClusterState, clusterFiles, removeClusterState, writeClusterState } from '../cluster-state.ts';
import { imageIds, nodeContainers } from './docker.ts';
import { kindConfig } from './kind-config.ts';
import type { KindSettings } from './kind-settings.ts';
import { runCommand } from './run-command.ts';

/** Node image of machines that can pull none (kind-offline). */
const offlineNodeImage = 'kindest/node:v1.20.2';

export interface CreateOptions {
  readonly folder: string;
  /** Name and absolute path of the profile. */
  readonly name: string;
  readonly profile: string;
  readonly application: string;
  readonly settings: KindSettings;
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes a kind cluster and its record; where no cluster of the name may be (the caller looked). What fails half-way or
 * is interrupted is taken down again. The user's kubeconfig is not written: the cluster's stands in our own file.
 */
export async function createKindCluster(options: CreateOptions): Promise<ClusterState> {
  const { folder, name, settings, onStep } = options;
  const { clusterName } = settings;
  const { kubeconfig } = clusterFiles(folder, name);
  const state: ClusterState = {
    name,
    provider: 'kind',
    profile: options.profile,
    application: options.application,
    kubeconfig,
    server: '',
    prometheus: '',
    speed: 1,
    pid: 0,
    kind: { clusterName, phase: 'creating', startedMs: Date.now(), containers: [], loaded: {} },
  };
  await mkdir(dirname(kubeconfig), { recursive: true });
  await writeClusterState(folder, state);
  try {
    await createWithImage(options, kubeconfig);
    await chmod(kubeconfig, 0o600);
    const containers = await nodeContainers(clusterName);
    const server = await serverOf(clusterName);
    const ready: ClusterState = {
      ...state,
      server,
      kind: {
        clusterName,
        phase: 'ready',
        startedMs: state.kind?.startedMs ?? 0,
        containers: containers.map(({ id }) => id),
        loaded: {},
      },
    };
    await writeClusterState(folder, ready);
    onStep(`${containers.length} nodes are ready`);
    return ready;
  } catch (error) {
    // without the daemon nothing can be taken down: the record stays, and the next `up` or `down` does it
    const isDown = await deleteKindCluster(clusterName, kubeconfig).then(
      () => true,
      () => false,
    );
    if (isDown) await removeClusterState(folder, name);
    throw error;
  }
}

async function createWithImage(options: CreateOptions, kubeconfig: string): Promise<void> {
  const { settings, onStep, signal } = options;
  const create = (image: string | undefined) =>
    runCommand(
      'kind',
      [
        'create',
        'cluster',
        '--name',
        settings.clusterName,
        '--config',
        '-',
        '--kubeconfig',
        kubeconfig,
        '--wait',
        '180s',
        ...(image === undefined ? [] : ['--image', image]),
      ],
      {
        input: kindConfig(settings),
        timeoutMs: 900_000,
        ...(signal ? { signal } : {}),
        onLine: (line) => {
          // its ticks are steps that are done; the rest is decoration
          if (line.startsWith('✓'))
            onStep(
              line
                .replace(/^✓\s*/, '')
                .replace(/[^\x20-\x7e]+/g, '')
                .trim(),
            );
        },
      },
    );
  const offline = async () => (await imageIds([offlineNodeImage])).has(offlineNodeImage);
  try {
    await create(settings.nodeImage);
  } catch (error) {
    if (!isPullFailure(error)) throw error;
    if (settings.nodeImage !== undefined || !(await offline()))
      throw new OperationError(
        'node-image-missing',
        `kind cannot pull the node image${settings.nodeImage === undefined ? '' : ` ${settings.nodeImage}`}`,
        {
          hint: 'name one that can be had: CULPRIT_NODE_IMAGE, or kindCluster.nodeImage in the profile',
          cause: error,
        },
      );
    onStep(`the node image of this kind cannot be pulled; using the local ${offlineNodeImage}`);
    await create(offlineNodeImage);
  }
}

function isPullFailure(error: unknown): boolean {
  return (
    CulpritError.isInstance(error) &&
    /failed to pull image/.test(error.message + String(error.details['output']))
  );
}

/** Takes a kind cluster down that is known to be ours. The user's kubeconfig is not touched. */
export async function deleteKindCluster(clusterName: string, kubeconfig: string): Promise<void> {
  await runCommand('kind', ['delete', 'cluster', '--name', clusterName, '--kubeconfig', kubeconfig], {
    timeoutMs: 120_000,
  });
}

/** Address of the API server as seen from this machine. */
async function serverOf(clusterName: string): Promise<string> {
  const text = await runCommand('docker', ['port', `${clusterName}-control-plane`, '6443/tcp']);
  const [address] = text.trim().split('\n');
  return `https://${address}`;
}
