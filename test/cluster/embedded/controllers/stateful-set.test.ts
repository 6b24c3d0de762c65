import { expect, test } from 'vitest';
import { ScriptedWorld } from '../world/scripted-world.ts';

function statefulSet(name: string, updateStrategy: Record<string, unknown> | undefined) {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace: 'shop', annotations: { 'shop/owner': 'data' } },
    spec: {
      serviceName: name,
      replicas: 1,
      selector: { matchLabels: { app: name } },
      ...(updateStrategy === undefined ? {} : { updateStrategy }),
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'app/web:1' }] },
      },
    },
  };
}

test('a strategy named without its section gets none; one that is not named gets a partition', () => {
  const world = new ScriptedWorld();
  const strategyOf = (name: string, strategy?: Record<string, unknown>) =>
    (world.apply(statefulSet(name, strategy))['spec'] as { updateStrategy: unknown }).updateStrategy;
  // both seen on kind
  expect(strategyOf('named', { type: 'RollingUpdate' })).toEqual({ type: 'RollingUpdate' });
  expect(strategyOf('unnamed')).toEqual({ type: 'RollingUpdate', rollingUpdate: { partition: 0 } });
});

test('a revision carries the annotations of its set', () => {
  const world = new ScriptedWorld();
  world.apply(statefulSet('db', undefined));
  world.pass(10);
  const [revision] = world.store.list('controllerrevisions.apps', 'shop');
  expect(revision?.metadata.annotations).toEqual({ 'shop/owner': 'data' });
});
