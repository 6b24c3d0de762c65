import type { ClusterProvider } from '../cluster.ts';
import { EmbeddedCluster } from './embedded-cluster.ts';
import { World } from './world.ts';

/** Makes clusters in this process, in virtual time. */
export const embeddedProvider: ClusterProvider = {
  name: 'embedded',
  async provision(profile, { seed, startMs, signal }) {
    signal?.throwIfAborted();
    return new EmbeddedCluster(new World({ profile, seed, startMs }));
  },
};
