import { describe, expect, test } from 'vitest';
import { deployment, ScriptedWorld } from '../world/scripted-world.ts';

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
