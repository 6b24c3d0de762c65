import type { KubeObject } from '../../src/spec/kube-types.ts';
import type { Operation, OperationAction } from '../../src/spec/plan.ts';

/**
 * Objects of every kind that faults change. The pods of `till` find no node, which changes nothing about the objects, and
 * leaves the machine to the tests beside.
 */
export function killObjects(namespace: string): readonly KubeObject[] {
  const object = (apiVersion: string, kind: string, name: string, rest: object): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
    ...rest,
  });
  const labels = { app: 'till' };
  const template = {
    metadata: { labels },
    spec: {
      nodeSelector: { pool: 'none' },
      containers: [
        {
          name: 'till',
          image: 'registry.shop.internal/till:1.4.0',
          env: [{ name: 'MODE', value: 'fast' }],
          resources: { limits: { memory: '128Mi' }, requests: { memory: '64Mi' } },
        },
      ],
    },
  };
  return [
    object('v1', 'ConfigMap', 'till', { data: { POOL: '20', NAMES: 'a,b' } }),
    object('v1', 'Secret', 'till', { type: 'Opaque', data: { password: 'c2VjcmV0' } }),
    object('v1', 'Service', 'till', { spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] } }),
    object('v1', 'ResourceQuota', 'compute', { spec: { hard: { pods: '8', 'requests.memory': '1Gi' } } }),
    object('networking.k8s.io/v1', 'NetworkPolicy', 'till', {
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'edge' } } }] }],
      },
    }),
    object('policy/v1', 'PodDisruptionBudget', 'till', {
      spec: { minAvailable: 1, selector: { matchLabels: labels } },
    }),
    object('autoscaling/v2', 'HorizontalPodAutoscaler', 'till', {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'idle' },
        minReplicas: 1,
        maxReplicas: 3,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
          },
        ],
      },
    }),
    object('apps/v1', 'Deployment', 'till', {
      spec: { replicas: 2, selector: { matchLabels: labels }, template },
    }),
  ];
}

/** Operations of every kind, some of them on the same fields. */
export function killOperations(namespace: string): readonly Operation[] {
  const target = (apiVersion: string, kind: string, name = 'till') => ({ apiVersion, kind, namespace, name });
  const deployment = target('apps/v1', 'Deployment');
  const container = (fields: object) => ({
    spec: { template: { spec: { containers: [{ name: 'till', ...fields }] } } },
  });
  const restart = {
    spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '$NOW' } } } },
  };
  const actions: readonly OperationAction[] = [
    {
      verb: 'patch',
      target: target('v1', 'ConfigMap'),
      type: 'merge',
      body: { data: { POOL: '1', NAMES: null } },
    },
    { verb: 'patch', target: deployment, type: 'strategic', body: restart },
    {
      verb: 'patch',
      target: target('networking.k8s.io/v1', 'NetworkPolicy'),
      type: 'json',
      body: [{ op: 'remove', path: '/spec/ingress/0' }],
    },
    {
      verb: 'patch',
      target: target('v1', 'ResourceQuota', 'compute'),
      type: 'merge',
      body: { spec: { hard: { pods: '1' } } },
    },
    { verb: 'delete-pods', owner: deployment, count: 'all' },
    {
      verb: 'create',
      object: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'till-egress', namespace },
        spec: { podSelector: {}, policyTypes: ['Egress'] },
      },
    },
    {
      verb: 'patch',
      target: target('v1', 'Service'),
      type: 'merge',
      body: { spec: { selector: { app: 'till-v2' } } },
    },
    {
      verb: 'patch',
      target: deployment,
      type: 'strategic',
      body: container({ resources: { limits: { memory: '16Mi' }, requests: { memory: '16Mi' } } }),
    },
    {
      verb: 'patch',
      target: deployment,
      type: 'strategic',
      body: {
        spec: {
          strategy: { type: 'Recreate', rollingUpdate: null },
          template: { spec: { containers: [{ name: 'till', image: 'registry.shop.internal/till:1.5.0' }] } },
        },
      },
    },
    { verb: 'delete', target: target('policy/v1', 'PodDisruptionBudget') },
    {
      verb: 'patch',
      target: target('autoscaling/v2', 'HorizontalPodAutoscaler'),
      type: 'json',
      body: [{ op: 'replace', path: '/spec/maxReplicas', value: 9 }],
    },
    {
      verb: 'patch',
      target: target('v1', 'Secret'),
      type: 'merge',
      body: { data: { password: 'b3RoZXI=' } },
    },
    { verb: 'patch', target: deployment, type: 'strategic', body: restart },
  ];
  return actions.map((action, index) => ({
    id: `kill/${index + 1}`,
    origin: { type: 'fault', id: 'kill' },
    role: 'cause',
    atMs: index,
    summary: `step ${index + 1}`,
    action,
  }));
}
