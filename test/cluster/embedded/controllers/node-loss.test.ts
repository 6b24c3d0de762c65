import { expect, test } from 'vitest';
import type { Node } from '../../../../src/cluster/embedded/controllers/kinds.ts';
import { isPodReady } from '../../../../src/cluster/embedded/controllers/pods.ts';
import { deployment, ScriptedWorld, service } from '../world/scripted-world.ts';

test('a lost node is noticed after its grace, its pods are replaced after five minutes, and go when it returns', () => {
  const world = new ScriptedWorld();
  world.apply(deployment('web', 'app/web:1', { replicas: 3 }));
  world.apply(service('web', { app: 'web' }));
  world.pass(20);
  const lost = world.pods('web')[0]!;
  const node = lost.spec.nodeName ?? '';
  const victims = world
    .pods('web')
    .filter((pod) => pod.spec.nodeName === node)
    .map((pod) => pod.metadata.name);
  const read = () => world.store.get('nodes', undefined, node) as Node;
  const ready = () => read().status?.conditions?.find((one) => one.type === 'Ready');
  world.kubelet(node).stop();

  world.pass(35);
  expect(ready()?.status).toBe('True');
  world.pass(35);
  expect(ready()).toMatchObject({
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  });
  expect(read().spec.taints?.map((taint) => `${taint.key}:${taint.effect}`)).toEqual([
    'node.kubernetes.io/unreachable:NoSchedule',
    'node.kubernetes.io/unreachable:NoExecute',
  ]);
  expect(world.events('NodeNotReady').map((event) => event.about)).toEqual(
    expect.arrayContaining([`Node/${node}`, ...victims.map((name) => `Pod/${name}`)]),
  );
  expect(isPodReady(world.pods('web').find((pod) => pod.metadata.uid === lost.metadata.uid)!)).toBe(false);
  const slice = world.store.list('endpointslices.discovery.k8s.io', 'shop')[0];
  const endpoints = slice?.['endpoints'] as { conditions: { ready: boolean }; nodeName: string }[];
  expect(endpoints.filter((one) => one.nodeName === node).every((one) => !one.conditions.ready)).toBe(true);

  world.pass(250);
  expect(world.pods('web')).toHaveLength(3);
  world.pass(70);
  const evicted = world.events('TaintManagerEviction').map((event) => event.message);
  expect(evicted).toContain(`Marking for deletion Pod shop/${lost.metadata.name}`);
  // noticed in one round of the monitor, told to the pods in the next
  const first = (reason: string, about: string) =>
    Date.parse(world.events(reason).find((event) => event.about === about)?.first ?? '');
  const waitedMs =
    first('TaintManagerEviction', `Pod/${lost.metadata.name}`) - first('NodeNotReady', `Node/${node}`);
  expect(waitedMs).toBeGreaterThan(303_000);
  expect(waitedMs).toBeLessThan(307_000);
  const pods = world.pods('web');
  expect(
    pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined).map((pod) => pod.metadata.name),
  ).toEqual(victims);
  expect(pods.filter((pod) => isPodReady(pod) && pod.spec.nodeName !== node)).toHaveLength(3);

  world.kubelet(node).start();
  world.pass(30);
  expect(ready()?.status).toBe('True');
  expect(read().spec.taints ?? []).toEqual([]);
  expect(world.pods('web')).toHaveLength(3);
});
