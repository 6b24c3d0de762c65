import { whileOpen } from '../../base/while-open.ts';
import type { Application } from '../../spec/application.ts';
import { applyTiming } from '../../spec/apply-timing.ts';
import type { ClusterProfile } from '../../spec/profile.ts';
import { type ClusterState, clusterFiles, readClusterStates, writeClusterState } from '../cluster-state.ts';
import { observabilityNamespace, observabilityServices } from '../live/observability-objects.ts';
import { serviceProxyPath } from '../live/service-proxy.ts';
import { lockCluster } from './cluster-lock.ts';
import { ensureKindCluster } from './ensure-cluster.ts';
import { KindCluster } from './kind-cluster.ts';
import { kindSettings } from './kind-settings.ts';
import { prepareApplication } from './prepare-application.ts';

export interface KeepOptions {
  /** State folder of culprit. */
  readonly folder: string;
  readonly profile: ClusterProfile;
  readonly profilePath: string;
  readonly application: Application;
  /** Before the profile's share; default: what the application says. */
  readonly requestsPerSecond?: number;
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * `cluster up`: makes or finds the kind cluster of a profile, puts the application into it, and leaves it running.
 * An interrupted or failed deployment leaves the cluster too, for another try.
 */
export async function keepKindCluster(options: KeepOptions): Promise<ClusterState> {
  const { folder, profile, profilePath, onStep, signal } = options;
  const settings = kindSettings(profile);
  return await whileOpen(
    await lockCluster(clusterFiles(folder, profile.name).lock, profile.name),
    async () => {
      const { state } = await ensureKindCluster({
        folder,
        profile,
        profilePath,
        application: '',
        settings,
        onStep,
        ...(signal ? { signal } : {}),
      });
      const prometheus = `${state.server}${serviceProxyPath(observabilityNamespace, observabilityServices.prometheus)}`;
      await writeClusterState(folder, { ...state, profile: profilePath, prometheus });
      return await whileOpen(
        new KindCluster({
          folder,
          state: { ...state, profile: profilePath, prometheus },
          profile,
          settings,
          onStep,
          ...(signal ? { signal } : {}),
        }),
        async (cluster) => {
          const application = prepareApplication(applyTiming(options.application, profile), settings);
          await cluster.deploy(application, {
            requestsPerSecond: options.requestsPerSecond ?? application.file.load.requestsPerSecond,
            traceSampling: 1,
          });
          const kept = (await readClusterStates(folder)).find(({ name }) => name === profile.name);
          return kept ?? state;
        },
      );
    },
  );
}
