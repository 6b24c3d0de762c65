import { readFile } from 'node:fs/promises';
import { Agent } from 'undici';
import { systemClock } from '../../base/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { createHttpTransport } from '../../kube/http-transport.ts';
import { createRestClient } from '../../kube/rest-client.ts';

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The API of the cluster this process runs in, with the pod's ServiceAccount; undefined outside of a cluster. */
export async function inClusterClient(
  env: Readonly<Record<string, string | undefined>>,
): Promise<KubeClient | undefined> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const ca = await readFile(`${folder}/ca.crt`).catch(() => undefined);
  if (host === undefined || ca === undefined) return undefined;
  const dispatcher = new Agent({ connect: { ca } });
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`;
  return createRestClient(
    createHttpTransport({
      server,
      clock: systemClock,
      // the token is renewed by the kubelet
      async authorize() {
        const token = (await readFile(`${folder}/token`, 'utf8')).trim();
        return { dispatcher, headers: { authorization: `Bearer ${token}` } };
      },
    }),
  );
}
