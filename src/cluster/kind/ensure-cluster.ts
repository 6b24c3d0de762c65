import { whileOpen } from '../../base/while-open.ts';
import type { ClusterProfile } from '../../spec/profile.ts';
import { type ClusterState, clusterFiles, readClusterStates, removeClusterState } from '../cluster-state.ts';
import { createKindCluster, deleteKindCluster } from './create-cluster.ts';
import { dockerVersion, nodeContainers } from './docker.ts';
import { removeEndedSandboxes } from './ended-sandboxes.ts';
import { requireOurs } from './kind-ownership.ts';
import type { KindSettings } from './kind-settings.ts';
import { nodesOf, prepareCluster, startNodes, waitForNodes } from './nodes.ts';
import { mendOfflineNetwork } from './offline-network.ts';
import { runCommand } from './run-command.ts';

export interface EnsureOptions {
  /** State folder of culprit. */
  readonly folder: string;
  readonly profile: ClusterProfile;
  /** Absolute path of the profile's file, for the record; may be empty. */
  readonly profilePath: string;
  readonly application: string;
  readonly settings: KindSettings;
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * The running cluster of a profile: the one that we made before, started again if it was stopped, else a new one.
 * PrerequisiteError without Docker or kind; UserError if somebody else's cluster has the name.
 */
export async function ensureKindCluster(
  options: EnsureOptions,
): Promise<{ readonly state: ClusterState; readonly isNew: boolean }> {
  const { folder, profile, settings, onStep, signal } = options;
  const { clusterName } = settings;
  const version = await dockerVersion(signal);
  const kind = (await runCommand('kind', ['version', '-q'], signal ? { signal } : {})).trim();
  onStep(`Docker ${version}, kind ${kind}`);
  const { kubeconfig } = clusterFiles(folder, profile.name);
  const state = (await readClusterStates(folder)).find(({ name }) => name === profile.name);
  const containers = await nodeContainers(clusterName);
  requireOurs(clusterName, state, containers);
  if (state !== undefined && (await isUsable(state, options))) return { state, isNew: false };
  if (containers.length > 0) {
    onStep(`taking down what is left of an earlier ${clusterName}`);
    await deleteKindCluster(clusterName, kubeconfig);
  }
  if (state !== undefined) await removeClusterState(folder, profile.name);
  const created = await createKindCluster({
    folder,
    name: profile.name,
    profile: options.profilePath,
    application: options.application,
    settings,
    onStep,
    ...(signal ? { signal } : {}),
  });
  return await whileOpen(nodesOf(created), async (nodes) => {
    await prepareCluster(nodes.kube);
    await mendNodes(clusterName);
    return { state: created, isNew: true };
  });
}

/** Where these nodes do otherwise than those of current kind on an ordinary machine. */
async function mendNodes(clusterName: string): Promise<void> {
  const nodes = await nodeContainers(clusterName);
  await mendOfflineNetwork(nodes);
  await removeEndedSandboxes(nodes);
}

/** Whether the cluster is whole and answers, after its stopped nodes were started. */
async function isUsable(state: ClusterState, { settings, onStep, signal }: EnsureOptions): Promise<boolean> {
  const containers = await nodeContainers(settings.clusterName);
  if (state.kind?.phase !== 'ready' || containers.length !== settings.workers + 1) return false;
  const stopped = containers.filter(({ isRunning }) => !isRunning);
  if (stopped.length > 0) onStep(`starting ${stopped.map(({ name }) => name).join(', ')}`);
  await startNodes(containers);
  return await whileOpen(nodesOf(state), async (nodes) => {
    if (await waitForNodes(nodes.kube, containers.length, 90_000, signal)) {
      await mendNodes(settings.clusterName);
      onStep(`${settings.clusterName} is running`);
      return true;
    }
    onStep(`${settings.clusterName} does not come back`);
    return false;
  });
}
