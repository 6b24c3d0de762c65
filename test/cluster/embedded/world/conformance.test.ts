import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { embeddedProvider } from '../../../../src/cluster/embedded/embedded-provider.ts';
import { loadApplication } from '../../../../src/spec/load-application.ts';
import type { ClusterProfile } from '../../../../src/spec/profile.ts';
import { clusterConformance } from '../../../conformance/cluster.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

clusterConformance('embedded', async () => {
  const profile = parse(readFileSync(`${root}clusters/embedded.yaml`, 'utf8')) as ClusterProfile;
  const loaded = await loadApplication(`${root}clusters/apps/shop`);
  if (!loaded.ok) throw new Error('the shop does not load');
  const application = loaded.value;
  const cluster = await embeddedProvider.provision(profile, {
    seed: 5,
    startMs: Date.UTC(2026, 2, 4, 5, 6, 7, 89),
  });
  return { cluster, application, image: 'registry.k8s.io/coredns/coredns:v1.12.1', spareNode: 'worker-2' };
});
