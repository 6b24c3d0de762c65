import { expect, test } from 'vitest';
import { deployment, ScriptedWorld, service } from '../world/scripted-world.ts';

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
