import { child, childOf, type Fields, fill, items } from '../fields.ts';
import { canonicalQuantities, defaultPodSpec } from './pod-defaults.ts';

function defaultTemplate(spec: Fields): void {
  const template = childOf(spec, 'template');
  const podSpec = child(template, 'spec');
  if (podSpec !== undefined) defaultPodSpec(podSpec);
}

export function defaultDeployment(spec: Fields): void {
  fill(spec, { replicas: 1, strategy: {}, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  const strategy = childOf(spec, 'strategy');
  fill(strategy, { type: 'RollingUpdate' });
  if (strategy['type'] === 'RollingUpdate')
    fill(childOf(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' });
  defaultTemplate(spec);
}

export function defaultReplicaSet(object: Fields, spec: Fields): void {
  fill(spec, { replicas: 1 });
  defaultTemplate(spec);
  const labels = child(child(child(spec, 'template'), 'metadata'), 'labels');
  const metadata = childOf(object, 'metadata');
  if (labels !== undefined && metadata['labels'] === undefined) metadata['labels'] = { ...labels };
}

export function defaultStatefulSet(spec: Fields): void {
  fill(spec, {
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: {},
    revisionHistoryLimit: 10,
    serviceName: '',
    persistentVolumeClaimRetentionPolicy: {},
  });
  const strategy = childOf(spec, 'updateStrategy');
  // a type that is named without its section stays without it
  if (strategy['type'] === undefined) fill(strategy, { type: 'RollingUpdate', rollingUpdate: {} });
  const rolling = child(strategy, 'rollingUpdate');
  if (strategy['type'] === 'RollingUpdate' && rolling !== undefined) fill(rolling, { partition: 0 });
  fill(childOf(spec, 'persistentVolumeClaimRetentionPolicy'), {
    whenDeleted: 'Retain',
    whenScaled: 'Retain',
  });
  for (const claim of items(spec, 'volumeClaimTemplates')) {
    fill(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', status: { phase: 'Pending' } });
    defaultClaim(childOf(claim, 'spec'));
  }
  defaultTemplate(spec);
}

export function defaultDaemonSet(spec: Fields): void {
  fill(spec, { updateStrategy: {}, revisionHistoryLimit: 10 });
  const strategy = childOf(spec, 'updateStrategy');
  fill(strategy, { type: 'RollingUpdate' });
  if (strategy['type'] === 'RollingUpdate')
    fill(childOf(strategy, 'rollingUpdate'), { maxSurge: 0, maxUnavailable: 1 });
  defaultTemplate(spec);
}

export function defaultClaim(spec: Fields): void {
  fill(spec, { volumeMode: 'Filesystem' });
  canonicalQuantities(child(child(spec, 'resources'), 'requests'));
}

export function defaultAutoscaler(spec: Fields): void {
  fill(spec, { minReplicas: 1 });
  if (items(spec, 'metrics').length === 0)
    spec['metrics'] = [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      },
    ];
  const behavior = child(spec, 'behavior');
  if (behavior === undefined) return;
  fill(childOf(behavior, 'scaleUp'), {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  });
  fill(childOf(behavior, 'scaleDown'), {
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  });
}
