import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { Agent } from 'undici';
import { type Clock, systemClock } from '../base/clock.ts';
import { PrerequisiteError, UserError } from '../base/errors.ts';
import type { KubeClient } from './client.ts';
import { createHttpTransport } from './http-transport.ts';
import { createRestClient } from './rest-client.ts';

export interface HttpClientOptions {
  /** Kubeconfig file; default: what kubectl would take (`KUBECONFIG`, `~/.kube/config`). */
  readonly kubeconfig?: string;
  /** Kubeconfig text, instead of a file. */
  readonly kubeconfigText?: string;
  readonly context?: string;
  /** Stamps `receivedMs` of watch events. */
  readonly clock?: Clock;
}

type TlsOptions = RequestOptions & { servername?: string };

/**
 * A client for a real API server, with kubeconfig's authentication by `@kubernetes/client-node` and one shared pool of
 * connections (the package opens a connection for each request). JSON stays as the server sent it.
 */
export function createHttpClient(options: HttpClientOptions = {}): KubeClient & AsyncDisposable {
  const config = loadConfig(options);
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new PrerequisiteError('no-cluster', 'the kubeconfig names no current cluster', {
      hint: 'set a context: kubectl config use-context NAME',
    });
  const authentication = async (): Promise<TlsOptions> => {
    const options: TlsOptions = {};
    await config.applyToHTTPSOptions(options);
    return options;
  };
  // certificates do not change while we run; tokens may
  let pool: Promise<Agent> | undefined;
  const sharedPool = () => (pool ??= authentication().then(poolFor));
  const client = createRestClient(
    createHttpTransport({
      server: cluster.server.replace(/\/$/, ''),
      clock: options.clock ?? systemClock,
      async authorize() {
        return { dispatcher: await sharedPool(), headers: headersOf(await authentication()) };
      },
    }),
  );
  return Object.assign(client, {
    async [Symbol.asyncDispose]() {
      await (await pool)?.destroy();
    },
  });
}

function poolFor({ ca, cert, key, rejectUnauthorized, servername }: TlsOptions): Agent {
  const tls = Object.entries({ ca, cert, key, rejectUnauthorized, servername }).filter(
    ([, v]) => v !== undefined && v !== null,
  );
  return new Agent({ connect: Object.fromEntries(tls), keepAliveTimeout: 30_000, connections: 64 });
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {}))
    if (value !== undefined) out[name.toLowerCase()] = String(value);
  if (typeof auth === 'string') out['authorization'] = `Basic ${btoa(auth)}`;
  return out;
}

function loadConfig({ kubeconfig, kubeconfigText, context }: HttpClientOptions): KubeConfig {
  const config = new KubeConfig();
  if (kubeconfigText !== undefined) config.loadFromString(kubeconfigText);
  else if (kubeconfig !== undefined) {
    if (!existsSync(kubeconfig))
      throw new UserError('no-kubeconfig', `there is no kubeconfig at ${kubeconfig}`);
    config.loadFromFile(kubeconfig);
  } else config.loadFromDefault();
  if (context === undefined) return config;
  const names = config.contexts.map((c) => c.name);
  if (!names.includes(context))
    throw new UserError('no-context', `the kubeconfig has no context "${context}"`, {
      hint: `known: ${names.join(', ')}`,
    });
  config.setCurrentContext(context);
  return config;
}
