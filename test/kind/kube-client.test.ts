import { createHttpClient } from '../../src/kube/http-client.ts';
import { kubeClientConformance } from '../conformance/kube-client.ts';

kubeClientConformance('a real cluster, HTTP', async () => {
  const kubeconfig = process.env['CULPRIT_TEST_KUBECONFIG'];
  if (kubeconfig === undefined) throw new Error('run this with: npm run test:kind');
  const client = createHttpClient({ kubeconfig });
  const namespace = `client-${process.pid}`;
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const { minor } = await client.version();
  return {
    client,
    namespace,
    isStrict: Number.parseInt(minor, 10) >= 25,
    async close() {
      await client.delete({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
      await client[Symbol.asyncDispose]();
    },
  };
});
