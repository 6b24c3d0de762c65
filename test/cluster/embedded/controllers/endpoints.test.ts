import { expect, test } from 'vitest';
import { deployment, ScriptedWorld, service, withImage } from '../world/scripted-world.ts';

test("a port's appProtocol goes from the Service to Endpoints and EndpointSlices", () => {
  const world = new ScriptedWorld();
  world.apply(deployment('web', 'app/web:1'));
  const plain = service('web', { app: 'web' });
  const spec = plain['spec'] as { ports: object[] };
  world.apply({
    ...plain,
    spec: { ...spec, ports: spec.ports.map((port) => ({ ...port, appProtocol: 'http' })) },
  });
  world.pass(15);
  const wanted = [{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'http' }];
  const [slice] = world.store.list('endpointslices.discovery.k8s.io', 'shop');
  expect(slice?.['ports']).toEqual(wanted);
  const [endpoints] = world.store.list('endpoints', 'shop');
  expect(endpoints?.['subsets']).toMatchObject([{ ports: wanted }]);
});

test('pods that go at once make the controller stumble over its own write; the endpoints are right all the same', () => {
  const conflicts = Array.from({ length: 8 }, (_, seed) => {
    const world = new ScriptedWorld({ seed: seed + 1 });
    world.apply(deployment('web', 'app/web:1', { replicas: 4, spec: { strategy: { type: 'Recreate' } } }));
    world.apply(service('web', { app: 'web' }));
    world.pass(20);
    const count = () => world.events('FailedToUpdateEndpoint').reduce((sum, event) => sum + event.count, 0);
    const before = count();
    world.edit('deployments.apps', 'web', (object) => withImage(object, 'app/missing:missing'));
    world.pass(5);
    const [endpoints] = world.store.list('endpoints', 'shop');
    expect(JSON.stringify(endpoints)).not.toContain('"addresses"');
    return count() > before ? world.events('FailedToUpdateEndpoint')[0] : undefined;
  });
  const seen = conflicts.filter((event) => event !== undefined);
  expect(seen.length).toBeGreaterThan(4);
  // the text is what kind wrote
  expect(seen[0]).toMatchObject({
    about: 'Endpoints/web',
    message:
      'Failed to update endpoint shop/web: Operation cannot be fulfilled on endpoints "web": the object has been modified; please apply your changes to the latest version and try again',
  });
});
