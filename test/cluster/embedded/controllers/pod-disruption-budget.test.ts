import { expect, test } from 'vitest';
import { deployment, ScriptedWorld, withImage } from '../world/scripted-world.ts';

test('a budget tells of the moment in which it has no pods at all, as kind does in a release by Recreate', () => {
  const world = new ScriptedWorld();
  world.apply(deployment('web', 'app/web:1', { spec: { strategy: { type: 'Recreate' } } }));
  world.pass(15);
  world.apply({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
  });
  world.pass(5);
  expect(world.events('NoPods')).toEqual([]);
  world.edit('deployments.apps', 'web', (object) => withImage(object, 'app/web:2'));
  world.pass(60);
  expect(world.events('NoPods')).toMatchObject([
    { about: 'PodDisruptionBudget/web', message: 'No matching pods found' },
  ]);
});
