import { loadProvider } from '../../author/providers.ts';
import { exitCodes } from '../../base/errors.ts';
import { whileOpen } from '../../base/while-open.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { PrometheusHttpClient } from '../../cluster/prometheus-http-client.ts';
import { requireValid } from '../../spec/diagnostics-error.ts';
import { loadProfile } from '../../spec/load-profile.ts';
import { requireProfile } from '../../spec/workspace.ts';
import type { Command } from '../io.ts';
import { formatTable } from '../table.ts';

/** `culprit cluster probe`: what clusters of a profile can do, found out by trying. Exit 1 if something does not work. */
export const clusterProbe: Command<{ readonly profile: string }> = async (options, io) => {
  const { value: profile } = requireValid(await loadProfile(await requireProfile(options.profile, io.cwd)));
  const provider = await loadProvider(profile.provider);
  return await whileOpen(
    await provider.provision(profile, {
      seed: 1,
      startMs: Date.now(),
      signal: io.signal,
    }),
    async (cluster) => {
      const found = [...(await cluster.probe())].map(([capability, { works, detail }]) => ({
        capability,
        works,
        detail,
      }));
      io.stdout.write(
        options.json
          ? `${JSON.stringify(found, undefined, 2)}\n`
          : `${formatTable(
              ['capability', 'works', 'what was seen'],
              found.map(({ capability, works, detail }) => [capability, works ? 'yes' : 'no', detail]),
            )}${await versions(cluster)}\n`,
      );
      return found.every(({ works }) => works) ? exitCodes.ok : exitCodes.failed;
    },
  );
};

/** What runs there: `Kubernetes v1.34.2, Prometheus 3.5.0`. */
async function versions(cluster: Cluster): Promise<string> {
  const kubernetes = `Kubernetes ${(await cluster.kube.version()).gitVersion}`;
  // the embedded one comes with the application and has no version of its own
  if (cluster.provider === 'embedded') return kubernetes;
  const { prometheus } = cluster;
  const version =
    prometheus instanceof PrometheusHttpClient
      ? await prometheus.version().catch(() => 'does not answer')
      : '';
  return `${kubernetes}, Prometheus ${version}`.trim();
}
