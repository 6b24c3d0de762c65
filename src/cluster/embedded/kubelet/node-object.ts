import type { Static } from 'typebox';
import { key as fold, Random } from '../../../base/random.ts';
import type { NodeProfile } from '../../../spec/profile.ts';
import { quantityValue } from '../api/quantity.ts';
import type { Condition, Node } from '../controllers/kinds.ts';

export type NodeSettings = Static<typeof NodeProfile>;

/** Addresses of the n-th node. */
export function nodeAddresses(index: number): { ip: string; podCidr: string; podPrefix: string } {
  return { ip: `10.0.1.${11 + index}`, podCidr: `10.244.${index}.0/24`, podPrefix: `10.244.${index}.` };
}

/** The four conditions of a healthy kubelet. */
export function healthyConditions(heartbeat: string, since: (type: string) => string): Condition[] {
  const make = (type: string, status: 'True' | 'False', reason: string, message: string): Condition => ({
    type,
    status,
    lastHeartbeatTime: heartbeat,
    lastTransitionTime: since(type),
    reason,
    message,
  });
  return [
    make('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    make('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    make('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    make('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
  ];
}

/** A node object as its kubelet registers it. */
export function nodeObject(
  settings: NodeSettings,
  index: number,
  seed: number,
  version: string,
  created: string,
): Node {
  const { name, role, cpu, memory, zone } = settings;
  const { ip, podCidr } = nodeAddresses(index);
  const isControlPlane = role === 'control-plane';
  const memoryKi = Math.floor(quantityValue(memory) / 1024);
  const random = new Random(fold(seed, 'node', name));
  const amounts = (bytesKi: number) => ({
    cpu,
    'ephemeral-storage': '81106868Ki',
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: `${bytesKi}Ki`,
    pods: '110',
  });
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...(isControlPlane
          ? {
              'node-role.kubernetes.io/control-plane': '',
              'node.kubernetes.io/exclude-from-external-load-balancers': '',
            }
          : {}),
        ...(zone === undefined
          ? {}
          : {
              'topology.kubernetes.io/region': zone.replace(/-?[a-z]$/, ''),
              'topology.kubernetes.io/zone': zone,
            }),
      },
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
    },
    spec: {
      podCIDR: podCidr,
      podCIDRs: [podCidr],
      ...(isControlPlane
        ? { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] }
        : {}),
    },
    status: {
      addresses: [
        { type: 'InternalIP', address: ip },
        { type: 'Hostname', address: name },
      ],
      allocatable: amounts(memoryKi),
      capacity: amounts(memoryKi + 102_400),
      conditions: healthyConditions(created, () => created),
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      images: [],
      nodeInfo: {
        architecture: 'amd64',
        bootID: random.uuid(),
        containerRuntimeVersion: 'containerd://2.1.4',
        kernelVersion: '6.8.0-71-generic',
        kubeProxyVersion: version,
        kubeletVersion: version,
        machineID: random.hex(32),
        operatingSystem: 'linux',
        osImage: 'Ubuntu 24.04.3 LTS',
        systemUUID: random.uuid(),
      },
    },
  };
}
