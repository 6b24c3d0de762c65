import { Registry } from '../base/registry.ts';
import type { ClusterProvider } from '../cluster/cluster.ts';

/** Cluster providers by name, loaded when they are wanted: the only place of the pipeline that knows them. */
const providers = new Registry<() => Promise<ClusterProvider>>('provider', {
  kind: async () => (await import('../cluster/kind/kind-provider.ts')).kindProvider,
  kubeconfig: async () => (await import('../cluster/kubeconfig/kubeconfig-provider.ts')).kubeconfigProvider,
  embedded: async () => (await import('../cluster/embedded/embedded-provider.ts')).embeddedProvider,
});

/** The provider of a profile; UserError with the known ones for a provider that this version does not have. */
export function loadProvider(name: string): Promise<ClusterProvider> {
  return providers.get(name)();
}
