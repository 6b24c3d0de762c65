import type { ClusterProvider } from '../cluster.ts';
import { clusterFiles, stateFolder } from '../cluster-state.ts';
import { lockCluster } from './cluster-lock.ts';
import { ensureKindCluster } from './ensure-cluster.ts';
import { KindCluster } from './kind-cluster.ts';
import { kindSettings } from './kind-settings.ts';
import { prepareApplication } from './prepare-application.ts';
import { takeDown } from './take-down.ts';

/**
 * Real Kubernetes in Docker. The running cluster of a profile is used if there is one; else one is made and taken down
 * again when it is disposed of.
 */
export const kindProvider: ClusterProvider = {
  name: 'kind',
  prepare: (application, profile) => prepareApplication(application, kindSettings(profile)),
  async provision(profile, { signal, onStep = () => undefined }) {
    const folder = stateFolder(process.env);
    const settings = kindSettings(profile);
    const lock = await lockCluster(clusterFiles(folder, profile.name).lock, profile.name);
    try {
      const { state, isNew } = await ensureKindCluster({
        folder,
        profile,
        profilePath: '',
        application: '',
        settings,
        onStep,
        ...(signal ? { signal } : {}),
      });
      return new KindCluster({
        folder,
        state,
        profile,
        settings,
        onStep,
        ...(signal ? { signal } : {}),
        async onDispose() {
          try {
            if (isNew) await takeDown(folder, state);
          } finally {
            await lock[Symbol.asyncDispose]();
          }
        },
      });
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
  },
};
