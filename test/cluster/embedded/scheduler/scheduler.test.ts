import { describe, expect, test } from 'vitest';
import { deployment, ScriptedWorld, withImage } from '../world/scripted-world.ts';

describe('the scheduler', () => {
  test('says why a pod fits nowhere, and places it when there is room', () => {
    const world = new ScriptedWorld();
    world.apply(
      deployment('web', 'app/web:1', {
        replicas: 1,
        container: { resources: { requests: { cpu: '1500m' } } },
      }),
    );
    world.apply(
      deployment('big', 'app/web:1', {
        replicas: 3,
        container: { resources: { requests: { cpu: '1500m' } } },
      }),
    );
    world.pass(20);
    const [event] = world.events('FailedScheduling');
    expect(event?.message).toBe(
      '0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 Insufficient cpu. preemption: 0/4 nodes are available: 1 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod.',
    );
    const waiting = world.pods().find((pod) => pod.spec.nodeName === undefined);
    expect(waiting?.status?.phase).toBe('Pending');
    expect(waiting?.status?.conditions?.[0]).toMatchObject({
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
    });
    world.edit('deployments.apps', 'web', (object) => ({
      ...object,
      spec: { ...(object['spec'] as object), replicas: 0 },
    }));
    world.pass(20);
    expect(world.pods('big').every((pod) => pod.spec.nodeName !== undefined)).toBe(true);
  });

  test('spreads replicas over nodes, and obeys selectors, anti-affinity and cordons', () => {
    const world = new ScriptedWorld();
    world.apply(deployment('web', 'app/web:1', { replicas: 3 }));
    const anti = {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: { app: 'lonely' } }, topologyKey: 'kubernetes.io/hostname' },
        ],
      },
    };
    world.apply(deployment('lonely', 'app/web:1', { replicas: 4, pod: { affinity: anti } }));
    world.apply(deployment('picky', 'app/web:1', { replicas: 1, pod: { nodeSelector: { disk: 'fast' } } }));
    world.pass(20);
    expect(new Set(world.pods('web').map((pod) => pod.spec.nodeName)).size).toBe(3);
    const messages = world.events('FailedScheduling').map((event) => event.message.split('.')[0]);
    expect(messages).toContain('0/4 nodes are available: 1 node(s) had untolerated taint {node-role');
    expect(world.pods('lonely').filter((pod) => pod.spec.nodeName === undefined)).toHaveLength(1);
    expect(
      world
        .events('FailedScheduling')
        .some((event) => event.message.includes("3 node(s) didn't match pod anti-affinity rules")),
    ).toBe(true);
    expect(
      world
        .events('FailedScheduling')
        .some((event) => event.message.includes("3 node(s) didn't match Pod's node affinity/selector")),
    ).toBe(true);
    for (const n of [1, 2, 3]) {
      const node = world.store.get('nodes', undefined, `worker-${n}`)!;
      world.store.update(
        { ...node, spec: { ...(node['spec'] as object), unschedulable: true } },
        { manager: 'kubectl' },
      );
    }
    world.apply(deployment('late', 'app/web:1', { replicas: 1 }));
    world.pass(10);
    expect(
      world
        .events('FailedScheduling')
        .some((event) => event.message.includes('3 node(s) were unschedulable')),
    ).toBe(true);
  });
});

test('a pod of higher priority takes the place of a lower one', () => {
  const world = new ScriptedWorld({ workers: 1 });
  world.apply({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'urgent' },
    value: 1000,
  });
  const half = { resources: { requests: { cpu: '1200m' } } };
  world.apply(deployment('slow', 'app/web:1', { replicas: 1, container: half }));
  world.pass(20);
  world.apply(
    deployment('fast', 'app/web:1', { replicas: 1, container: half, pod: { priorityClassName: 'urgent' } }),
  );
  world.pass(20);
  expect(world.pods('fast')[0]?.spec.nodeName).toBe('worker-1');
  expect(world.pods('slow')[0]?.spec.nodeName).toBeUndefined();
  expect(world.events('Preempted')[0]?.message).toMatch(/^Preempted by pod [0-9a-f-]{36} on node worker-1$/);
});

test('a claim gets a volume where its first pod goes, and the pod stays with it', () => {
  const world = new ScriptedWorld();
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'shop' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
  world.apply(
    deployment('db', 'app/web:1', {
      replicas: 1,
      pod: { volumes },
      spec: { strategy: { type: 'Recreate' } },
    }),
  );
  world.pass(5);
  expect(world.events('FailedScheduling')[0]?.message).toContain('persistentvolumeclaim "data" not found');
  world.apply(claim);
  world.pass(30);
  const node = world.pods('db')[0]?.spec.nodeName;
  expect(node).toBeDefined();
  expect(world.store.get('persistentvolumeclaims', 'shop', 'data')?.['status']).toMatchObject({
    phase: 'Bound',
  });
  world.edit('deployments.apps', 'db', (object) => withImage(object, 'app/web:2'));
  world.pass(30);
  expect(world.pods('db').map((pod) => [pod.spec.nodeName, pod.spec.containers[0]?.image])).toEqual([
    [node, 'app/web:2'],
  ]);
});
