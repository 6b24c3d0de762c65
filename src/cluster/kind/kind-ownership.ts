import { UserError } from '../../base/errors.ts';
import type { ClusterState, KindRecord } from '../cluster-state.ts';
import type { NodeContainer } from './docker.ts';

/** Clocks of Docker and ours may differ a little when the daemon runs in a virtual machine. */
const clockSlackMs = 5000;

/**
 * Whether all these containers are of the cluster that the record is about: by id once it was made; while it is being
 * made, by being younger than the record, which is only written where no cluster of the name was.
 */
export function isOurs(record: KindRecord | undefined, containers: readonly NodeContainer[]): boolean {
  if (record === undefined) return false;
  return record.phase === 'ready'
    ? containers.every(({ id }) => record.containers.includes(id))
    : containers.every(({ createdMs }) => createdMs >= record.startedMs - clockSlackMs);
}

/** UserError if there is a cluster of the name that we did not make: it is never touched. */
export function requireOurs(
  clusterName: string,
  state: ClusterState | undefined,
  containers: readonly NodeContainer[],
): void {
  if (containers.length === 0 || isOurs(state?.kind, containers)) return;
  throw new UserError(
    'cluster-not-ours',
    `a kind cluster "${clusterName}" is there which this culprit did not make; it is left alone`,
    {
      hint: `give another \`kindCluster.clusterName\` in the profile, or delete it yourself: kind delete cluster --name ${clusterName}`,
    },
  );
}
