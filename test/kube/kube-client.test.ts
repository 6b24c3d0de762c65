import { serveApi } from '../../src/cluster/embedded/api/http-front-end.ts';
import { createInProcessClient } from '../../src/cluster/embedded/api/in-process-client.ts';
import { createHttpClient } from '../../src/kube/http-client.ts';
import { emptyStore, serverFor } from '../cluster/embedded/api/api-fixture.ts';
import { kubeClientConformance } from '../conformance/kube-client.ts';

kubeClientConformance('embedded, in-process', async () => ({
  client: createInProcessClient(serverFor(emptyStore())),
  namespace: 'shop',
  isStrict: true,
  close: () => Promise.resolve(),
}));

kubeClientConformance('embedded, HTTP', async () => {
  const served = await serveApi(serverFor(emptyStore()), { port: 0 });
  const client = createHttpClient({ kubeconfigText: served.kubeconfig });
  return {
    client,
    namespace: 'shop',
    isStrict: true,
    async close() {
      await client[Symbol.asyncDispose]();
      await served.close();
    },
  };
});
