import { describe, expect, test } from 'vitest';
import type { Deployment, ReplicaSet } from '../../../../src/cluster/embedded/controllers/kinds.ts';
import { deployment, ScriptedWorld, withImage } from '../world/scripted-world.ts';

function conditions(world: ScriptedWorld, name: string) {
  const object = world.store.get('deployments.apps', 'shop', name) as Deployment;
  return Object.fromEntries(
    (object.status?.conditions ?? []).map((one) => [one.type, `${one.status} ${one.reason}: ${one.message}`]),
  );
}

function replicaSets(world: ScriptedWorld) {
  return (world.store.list('replicasets.apps', 'shop') as readonly ReplicaSet[]).map((one) => ({
    name: one.metadata.name,
    revision: one.metadata.annotations?.['deployment.kubernetes.io/revision'],
    wanted: one.spec.replicas,
    ready: one.status?.readyReplicas ?? 0,
  }));
}

describe('a rollout', () => {
  test('replaces pods within maxSurge and maxUnavailable, and can be undone', () => {
    const world = new ScriptedWorld();
    world.apply(deployment('web', 'app/web:1', { replicas: 4 }));
    world.pass(20);
    expect(conditions(world, 'web')['Available']).toBe(
      'True MinimumReplicasAvailable: Deployment has minimum availability.',
    );
    const [first] = replicaSets(world);
    expect(first?.name).toMatch(/^web-[456789bcdf]{6,10}$/);
    expect(conditions(world, 'web')['Progressing']).toBe(
      `True NewReplicaSetAvailable: ReplicaSet "${first?.name}" has successfully progressed.`,
    );

    world.edit('deployments.apps', 'web', (object) => withImage(object, 'app/web:2'));
    let mostPods = 0;
    let fewestReady = 4;
    for (let i = 0; i < 400; i++) {
      world.pass(0.1);
      const active = world.pods('web').filter((pod) => pod.metadata.deletionTimestamp === undefined);
      mostPods = Math.max(mostPods, active.length);
      const ready = active.filter((pod) =>
        pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
      );
      fewestReady = Math.min(fewestReady, ready.length);
    }
    expect(mostPods).toBe(5);
    expect(fewestReady).toBe(3);
    expect(
      replicaSets(world)
        .map(({ revision, wanted }) => `${revision}:${wanted}`)
        .sort(),
    ).toEqual(['1:0', '2:4']);
    expect(world.pods('web').map((pod) => pod.spec.containers[0]?.image)).toEqual(Array(4).fill('app/web:2'));
    expect(world.events('ScalingReplicaSet').map((event) => event.message)).toContain(
      `Scaled down replica set ${first?.name} from 4 to 3`,
    );

    world.edit('deployments.apps', 'web', (object) => withImage(object, 'app/web:1'));
    world.pass(40);
    expect(
      replicaSets(world)
        .map(({ revision, wanted }) => `${revision}:${wanted}`)
        .sort(),
    ).toEqual(['2:0', '3:4']);
  });

  test('that a quota blocks says so, keeps the old pods, and runs out of time', () => {
    const world = new ScriptedWorld();
    world.apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'compute', namespace: 'shop' },
      spec: { hard: { pods: '2' } },
    });
    world.apply(deployment('web', 'app/web:1', { spec: { progressDeadlineSeconds: 60 } }));
    world.pass(20);
    world.edit('deployments.apps', 'web', (object) => withImage(object, 'app/web:2'));
    world.pass(90);
    const failures = world.events('FailedCreate');
    expect(failures[0]?.message).toMatch(
      /^Error creating: pods "web-[456789bcdf]+-[a-z0-9]{5}" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=2, limited: pods=2$/,
    );
    expect(failures.some((event) => event.message.startsWith('(combined from similar events): '))).toBe(true);
    const found = conditions(world, 'web');
    expect(found['ReplicaFailure']).toMatch(/^True FailedCreate: pods "web-/);
    expect(found['Progressing']).toMatch(
      /^False ProgressDeadlineExceeded: ReplicaSet "web-[456789bcdf]+" has timed out progressing\.$/,
    );
    expect(found['Available']).toMatch(/^True/);
    expect(world.pods('web').map((pod) => pod.spec.containers[0]?.image)).toEqual(['app/web:1', 'app/web:1']);
  });

  test('of type Recreate starts new pods only when the old ones are gone', () => {
    const world = new ScriptedWorld();
    world.apply(deployment('web', 'app/web:1', { spec: { strategy: { type: 'Recreate' } } }));
    world.pass(20);
    world.edit('deployments.apps', 'web', (object) => withImage(object, 'app/web:2'));
    const images = new Set<string>();
    for (let i = 0; i < 200; i++) {
      world.pass(0.1);
      images.add([...new Set(world.pods('web').map((pod) => pod.spec.containers[0]?.image))].join(' '));
    }
    expect([...images]).not.toContain('app/web:1 app/web:2');
    expect([...images].at(-1)).toBe('app/web:2');
  });

  test('of a paused or scaled Deployment: sizes change, the template waits', () => {
    const world = new ScriptedWorld();
    world.apply(deployment('web', 'app/web:1'));
    world.pass(15);
    world.edit('deployments.apps', 'web', (object) => ({
      ...withImage(object, 'app/web:2'),
      spec: { ...(withImage(object, 'app/web:2')['spec'] as object), paused: true, replicas: 3 },
    }));
    world.pass(30);
    expect(conditions(world, 'web')['Progressing']).toBe('Unknown DeploymentPaused: Deployment is paused');
    expect(world.pods('web').map((pod) => pod.spec.containers[0]?.image)).toEqual(Array(3).fill('app/web:1'));
  });
});

describe('an autoscaler', () => {
  test('adds pods when they use more than their target, and says why', () => {
    const world = new ScriptedWorld();
    world.apply(deployment('web', 'app/busy:1', { replicas: 1 }));
    world.apply({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 3,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
          },
        ],
      },
    });
    world.pass(120);
    expect(world.pods('web')).toHaveLength(3);
    expect(world.events('SuccessfulRescale').map((event) => event.message)).toContain(
      'New size: 3; reason: cpu resource utilization (percentage of request) above target',
    );
    const object = world.store.get('horizontalpodautoscalers.autoscaling', 'shop', 'web');
    const status = (object?.['status'] ?? {}) as { conditions?: { type: string; reason: string }[] };
    expect(status).toMatchObject({ currentReplicas: 3, desiredReplicas: 3 });
    const limited = status.conditions?.find((one) => one.type === 'ScalingLimited');
    expect(limited?.reason).toBe('TooManyReplicas');
  });
});
