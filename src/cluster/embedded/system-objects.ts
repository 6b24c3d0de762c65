import type { KubeObject } from './controllers/kinds.ts';

/** Cluster IP of the DNS service. */
const dnsIp = '10.96.0.10';

/** What every cluster has before anybody uses it: namespaces, priority classes, a storage class, the API's Service. */
export function bootstrapObjects(): KubeObject[] {
  const priority = (name: string, value: number, description: string) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description,
  });
  return [
    ...['kube-system', 'kube-public', 'kube-node-lease', 'default'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    })),
    priority(
      'system-node-critical',
      2_000_001_000,
      'Used for system critical pods that must not be moved from their current node.',
    ),
    priority(
      'system-cluster-critical',
      2_000_000_000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { component: 'apiserver', provider: 'kubernetes' },
      },
      spec: {
        clusterIP: '10.96.0.1',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
      },
    },
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'rancher.io/local-path',
      volumeBindingMode: 'WaitForFirstConsumer',
    },
  ];
}

const corefile = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`;

/** What runs in kube-system: DNS, kube-proxy, the network agent; ordinary objects and pods. */
export function systemObjects(version: string, controlPlaneIp: string): KubeObject[] {
  const dns = { 'k8s-app': 'kube-dns' };
  const dnsLabels = { ...dns, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' };
  const inSystem = (name: string, labels: Record<string, string> = {}) => ({
    name,
    namespace: 'kube-system',
    labels,
  });
  return [
    ...['coredns', 'kube-proxy', 'kindnet'].map((name) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: inSystem(name),
    })),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: inSystem('coredns'), data: { Corefile: corefile } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: inSystem('kube-proxy', { app: 'kube-proxy' }),
      data: {
        'config.conf':
          'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nclusterCIDR: 10.244.0.0/16\nkind: KubeProxyConfiguration\nmode: iptables\n',
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        ...inSystem('kube-dns', dnsLabels),
        annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
      },
      spec: {
        clusterIP: dnsIp,
        selector: dns,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
          { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
        ],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: inSystem('coredns', dns),
      spec: {
        replicas: 2,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: '25%' } },
        selector: { matchLabels: dns },
        template: {
          metadata: { labels: dns },
          spec: {
            serviceAccountName: 'coredns',
            priorityClassName: 'system-cluster-critical',
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            tolerations: [
              { key: 'CriticalAddonsOnly', operator: 'Exists' },
              { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
            ],
            affinity: {
              podAntiAffinity: {
                preferredDuringSchedulingIgnoredDuringExecution: [
                  {
                    weight: 100,
                    podAffinityTerm: {
                      topologyKey: 'kubernetes.io/hostname',
                      labelSelector: { matchLabels: dns },
                    },
                  },
                ],
              },
            },
            dnsPolicy: 'Default',
            containers: [
              {
                name: 'coredns',
                image: 'registry.k8s.io/coredns/coredns:v1.12.1',
                imagePullPolicy: 'IfNotPresent',
                args: ['-conf', '/etc/coredns/Corefile'],
                ports: [
                  { name: 'dns', containerPort: 53, protocol: 'UDP' },
                  { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
                  { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
                ],
                resources: { requests: { cpu: '100m', memory: '70Mi' }, limits: { memory: '170Mi' } },
                livenessProbe: {
                  httpGet: { path: '/health', port: 8080 },
                  initialDelaySeconds: 60,
                  timeoutSeconds: 5,
                  failureThreshold: 5,
                },
                readinessProbe: { httpGet: { path: '/ready', port: 8181 } },
                volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
              },
            ],
            volumes: [
              {
                name: 'config-volume',
                configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] },
              },
            ],
          },
        },
      },
    },
    daemonSet(
      'kube-proxy',
      'kube-proxy',
      `registry.k8s.io/kube-proxy:${version}`,
      ['/usr/local/bin/kube-proxy', '--config=/var/lib/kube-proxy/config.conf'],
      {},
    ),
    daemonSet('kindnet', 'kindnet-cni', 'docker.io/kindest/kindnetd:v20250512-df8de77b', undefined, {
      cpu: '100m',
      memory: '50Mi',
    }),
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
      },
      subsets: [
        { addresses: [{ ip: controlPlaneIp }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] },
      ],
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': 'kubernetes' },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [controlPlaneIp], conditions: { ready: true } }],
      ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
    },
  ];
}

function daemonSet(
  name: string,
  container: string,
  image: string,
  command: string[] | undefined,
  resources: Record<string, string>,
): KubeObject {
  const labels = { 'k8s-app': name };
  const hasResources = Object.keys(resources).length > 0;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'kube-system', labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              name: container,
              image,
              imagePullPolicy: 'IfNotPresent',
              ...(command === undefined ? {} : { command }),
              ...(hasResources ? { resources: { requests: resources, limits: resources } } : {}),
            },
          ],
        },
      },
    },
  };
}

/** The control plane's own pods, as the kubelet of its node mirrors them. */
export function controlPlanePods(version: string, node: string): KubeObject[] {
  const parts = [
    ['etcd', 'registry.k8s.io/etcd:3.6.4-0', { cpu: '100m', memory: '100Mi' }],
    ['kube-apiserver', `registry.k8s.io/kube-apiserver:${version}`, { cpu: '250m' }],
    ['kube-controller-manager', `registry.k8s.io/kube-controller-manager:${version}`, { cpu: '200m' }],
    ['kube-scheduler', `registry.k8s.io/kube-scheduler:${version}`, { cpu: '100m' }],
  ] as const;
  return parts.map(([component, image, requests]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${component}-${node}`,
      namespace: 'kube-system',
      labels: { component, tier: 'control-plane' },
      annotations: { 'kubernetes.io/config.source': 'file' },
    },
    spec: {
      nodeName: node,
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
      automountServiceAccountToken: false,
      containers: [
        {
          name: component,
          image,
          imagePullPolicy: 'IfNotPresent',
          command: [component],
          resources: { requests },
        },
      ],
    },
  }));
}
