import type { ClusterState } from '../cluster-state.ts';
import { nodeContainers } from './docker.ts';
import { isOurs } from './kind-ownership.ts';

/** How a kind cluster of ours is, by its containers: `unfinished` if its making was cut off, `unknown` without Docker. */
export async function kindStatus(
  state: ClusterState,
): Promise<'running' | 'stopped' | 'gone' | 'unfinished' | 'unknown'> {
  try {
    const containers = await nodeContainers(state.kind?.clusterName ?? state.name);
    if (containers.length === 0 || !isOurs(state.kind, containers)) return 'gone';
    if (state.kind?.phase !== 'ready') return 'unfinished';
    return containers.every(({ isRunning }) => isRunning) ? 'running' : 'stopped';
  } catch {
    return 'unknown';
  }
}
