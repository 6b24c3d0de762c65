import type { ResourceInfo } from '../kube/client.ts';

/** Kinds that change all the time or say nothing about a workload. */
const noise = new Set([
  'APIService',
  'CertificateSigningRequest',
  'ComponentStatus',
  'CSINode',
  'Event',
  'FlowSchema',
  'Lease',
  'NodeMetrics',
  'PodMetrics',
  'PriorityLevelConfiguration',
]);

/** The kinds worth watching: everything that can be listed and watched, each kind once, at its first version. */
export function watchedKinds(resources: readonly ResourceInfo[]): readonly ResourceInfo[] {
  const seen = new Set<string>();
  return resources.filter(({ apiVersion, kind, plural, verbs }) => {
    if (noise.has(kind) || plural.includes('/') || !verbs.includes('list') || !verbs.includes('watch'))
      return false;
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    const id = `${group} ${kind}`;
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}
