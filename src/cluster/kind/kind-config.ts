import { stringify } from 'yaml';
import type { KindSettings } from './kind-settings.ts';

/** The configuration `kind create cluster` is given: nodes with zones, and the control plane's patience. */
export function kindConfig(settings: KindSettings): string {
  const zone = (name: string) => ({ 'topology.kubernetes.io/zone': name });
  const patches = controlPlanePatches(settings);
  return stringify({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    name: settings.clusterName,
    nodes: [
      // a zone of its own: while all nodes start, the node controller can leave the control plane at the head of its
      // zone's queue of nodes to be tainted for ever (seen on 1.20), and no other node of the zone is evicted then
      { role: 'control-plane', labels: zone('zone-c') },
      ...Array.from({ length: settings.workers }, (_, i) => ({
        role: 'worker',
        labels: zone(i % 2 === 0 ? 'zone-a' : 'zone-b'),
      })),
    ],
    ...(patches.length === 0 ? {} : { kubeadmConfigPatches: patches.map((patch) => stringify(patch)) }),
  });
}

/** One patch for each form of kubeadm's configuration; kind takes the one that fits its Kubernetes. */
function controlPlanePatches({ nodeGraceSeconds, podEvictionSeconds }: KindSettings): object[] {
  const manager: Record<string, string> =
    nodeGraceSeconds === undefined ? {} : { 'node-monitor-grace-period': `${nodeGraceSeconds}s` };
  const server: Record<string, string> =
    podEvictionSeconds === undefined
      ? {}
      : {
          'default-not-ready-toleration-seconds': String(podEvictionSeconds),
          'default-unreachable-toleration-seconds': String(podEvictionSeconds),
        };
  if (Object.keys(manager).length + Object.keys(server).length === 0) return [];
  const kind = 'ClusterConfiguration';
  const asMap = (extraArgs: Record<string, string>) => ({ extraArgs });
  // a list is replaced whole, so what kind itself puts there has to be said again
  const asList = (extraArgs: Record<string, string>) => ({
    extraArgs: Object.entries(extraArgs).map(([name, value]) => ({ name, value })),
  });
  return [
    ...['v1beta2', 'v1beta3'].map((version) => ({
      kind,
      apiVersion: `kubeadm.k8s.io/${version}`,
      controllerManager: asMap(manager),
      apiServer: asMap(server),
    })),
    {
      kind,
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      controllerManager: asList({ 'enable-hostpath-provisioner': 'true', ...manager }),
      apiServer: asList({ 'runtime-config': '', ...server }),
    },
  ];
}
