import { homedir } from 'node:os';
import { UserError } from '../../base/errors.ts';
import { connectApi } from '../../kube/api-connection.ts';
import type { ClusterProvider } from '../cluster.ts';
import { KubeconfigCluster } from './kubeconfig-cluster.ts';

/** Clusters that are somebody else's: attaches, and touches only the namespaces that the profile names. */
export const kubeconfigProvider: ClusterProvider = {
  name: 'kubeconfig',
  async provision(profile, { signal }) {
    const settings = profile.kubeconfig;
    if (settings === undefined)
      throw new UserError(
        'profile-invalid',
        `cluster profile "${profile.name}" has no section "kubeconfig"`,
        {
          hint: 'see clusters/kubeconfig-example.yaml',
        },
      );
    const { file, context } = settings;
    const connection = connectApi({
      ...(file === undefined ? {} : { kubeconfig: file.replace(/^~(?=\/)/, homedir()) }),
      ...(context === undefined ? {} : { context }),
    });
    try {
      return await KubeconfigCluster.attach({ profile, settings, connection, ...(signal ? { signal } : {}) });
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
  },
};
