import type { Operation, OperationAction } from '../../src/spec/plan.ts';

const policy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'oven-ingress', namespace: 'back' },
  spec: { podSelector: {}, ingress: [] },
};
const actions: readonly OperationAction[] = [
  { verb: 'patch', target: ref('v1', 'ConfigMap', 'orders'), type: 'merge', body: { data: { POOL: '1' } } },
  { verb: 'patch', target: ref('apps/v1', 'Deployment', 'orders'), type: 'strategic', body: restart() },
  {
    verb: 'patch',
    target: ref('apps/v1', 'Deployment', 'orders'),
    type: 'strategic',
    body: {
      spec: {
        strategy: { type: 'Recreate', rollingUpdate: null },
        template: { spec: { containers: [{ name: 'orders', image: 'bakery.example/orders:2.3' }] } },
      },
    },
  },
  { verb: 'create', object: policy },
  { verb: 'delete', target: ref('v1', 'Service', 'oven') },
  { verb: 'delete-pods', owner: ref('apps/v1', 'Deployment', 'orders'), count: 'all' },
  { verb: 'stop-node-of', owner: ref('apps/v1', 'Deployment', 'oven') },
  { verb: 'set-load', factor: 2 },
  { verb: 'patch', target: ref('apps/v1', 'Deployment', 'orders'), type: 'strategic', body: restart() },
  {
    verb: 'patch',
    target: ref('v1', 'Secret', 'orders-secret'),
    type: 'merge',
    body: { data: { password: 'eA==' } },
  },
];

/** Operations of every kind, some of them on the same fields. */
export const scriptedOperations: readonly Operation[] = actions.map((action, index) => ({
  id: `script/${index + 1}`,
  origin: { type: 'fault', id: 'script' },
  role: index % 2 === 0 ? 'cause' : 'trigger',
  atMs: index * 1000,
  summary: `step ${index + 1}`,
  action,
}));

function ref(apiVersion: string, kind: string, name: string) {
  return { apiVersion, kind, namespace: 'back', name };
}

function restart() {
  return {
    spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '$NOW' } } } },
  };
}
