import { type ClusterState, removeClusterState } from '../cluster-state.ts';
import { deleteKindCluster } from './create-cluster.ts';
import { nodeContainers } from './docker.ts';
import { requireOurs } from './kind-ownership.ts';

/**
 * Takes a kind cluster of ours down with everything that was written about it; its images stay. UserError, and nothing
 * done, if the containers of its name are not the ones that we made. Answers whether there was something to take down.
 */
export async function takeDown(folder: string, state: ClusterState): Promise<boolean> {
  const clusterName = state.kind?.clusterName ?? state.name;
  const containers = await nodeContainers(clusterName);
  requireOurs(clusterName, state, containers);
  if (containers.length > 0) await deleteKindCluster(clusterName, state.kubeconfig);
  await removeClusterState(folder, state.name);
  return containers.length > 0;
}
