import { key, Random } from '../../../../base/random.ts';
import type { KubeObject } from '../../../../kube/objects.ts';
import { childOf, type Fields, fill, items, text } from '../fields.ts';
import type { ApiStore } from '../store.ts';

/** Defaults of a Service, with the addresses and node ports the API server allocates. */
export function defaultService(store: ApiStore, service: KubeObject, old: KubeObject | undefined): void {
  const spec = childOf(service, 'spec');
  const before = (old?.['spec'] ?? {}) as Fields;
  fill(spec, { type: 'ClusterIP', sessionAffinity: 'None' });
  for (const port of items(spec, 'ports')) fill(port, { protocol: 'TCP', targetPort: port['port'] });
  if (spec['type'] === 'ExternalName') return;
  if (spec['sessionAffinity'] === 'ClientIP')
    fill(spec, { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } });
  fill(spec, { internalTrafficPolicy: 'Cluster', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
  if (text(spec, 'clusterIP') === '')
    spec['clusterIP'] = text(before, 'clusterIP') || allocateAddress(store, service);
  fill(spec, { clusterIPs: [spec['clusterIP']] });
  if (spec['type'] === 'ClusterIP') return;
  fill(spec, { externalTrafficPolicy: 'Cluster' });
  if (spec['type'] === 'LoadBalancer') fill(spec, { allocateLoadBalancerNodePorts: true });
  for (const port of items(spec, 'ports')) {
    const same = items(before, 'ports').find(
      (p) => p['port'] === port['port'] && p['protocol'] === port['protocol'],
    );
    port['nodePort'] ??= same?.['nodePort'] ?? allocateNodePort(store, service, Number(port['port']));
  }
}

function servicesField(store: ApiStore, field: (spec: Fields) => unknown[]): Set<unknown> {
  return new Set(store.list('services').flatMap((s) => field(s['spec'] as Fields)));
}

/** An address of 10.96.0.0/16 keyed by the service's name, so that a change elsewhere does not move it. */
function allocateAddress(store: ApiStore, service: KubeObject): string {
  const { namespace = '', name } = service.metadata;
  if (namespace === 'default' && name === 'kubernetes') return '10.96.0.1';
  if (namespace === 'kube-system' && name === 'kube-dns') return '10.96.0.10';
  const taken = servicesField(store, (spec) => [spec['clusterIP']]);
  const random = new Random(key(store.seed, 'cluster-ip', namespace, name));
  for (;;) {
    const address = `10.96.${random.integer(1, 254)}.${random.integer(1, 254)}`;
    if (!taken.has(address)) return address;
  }
}

function allocateNodePort(store: ApiStore, service: KubeObject, port: number): number {
  const taken = servicesField(store, (spec) => items(spec, 'ports').map((p) => p['nodePort']));
  const random = new Random(
    key(store.seed, 'node-port', service.metadata.namespace ?? '', service.metadata.name, port),
  );
  for (;;) {
    const candidate = random.integer(30_000, 32_767);
    if (!taken.has(candidate)) return candidate;
  }
}
