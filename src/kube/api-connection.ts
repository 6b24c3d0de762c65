import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, request as undiciRequest } from 'undici';
import { PrerequisiteError, UserError } from '../base/errors.ts';
import { unreachable } from './unreachable.ts';

export interface ConnectOptions {
  /** Kubeconfig file; default: what kubectl would take (`KUBECONFIG`, `~/.kube/config`). */
  readonly kubeconfig?: string;
  /** Kubeconfig text, instead of a file. */
  readonly kubeconfigText?: string;
  readonly context?: string;
}

export interface ApiRequest {
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** An answer without end: has a connection of its own, and may be silent for `silenceMs`. */
  readonly isStream?: boolean;
  readonly silenceMs?: number;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array> & { text(): Promise<string>; dump(): Promise<void> };
}

/** An API server, reached with kubeconfig's authentication over shared connections. */
export interface ApiConnection extends AsyncDisposable {
  /** Origin and prefix, without a slash at the end. */
  readonly server: string;
  /**
   * Any path of the server, also those it passes on (`…/services/NAME:PORT/proxy/…`). Answers whatever the status is;
   * throws a retryable OperationError where no answer came.
   */
  request(path: string, request?: ApiRequest): Promise<ApiResponse>;
  /** Pool and headers for a request of one's own. */
  authorize(use: 'request' | 'stream'): Promise<{ dispatcher: Dispatcher; headers: Record<string, string> }>;
}

type TlsOptions = RequestOptions & { servername?: string };

/** Connects to the cluster that a kubeconfig names; UserError or PrerequisiteError if it names none. */
export function connectApi(options: ConnectOptions = {}): ApiConnection {
  const config = loadConfig(options);
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new PrerequisiteError('no-cluster', 'the kubeconfig names no current cluster', {
      hint: 'set a context: kubectl config use-context NAME',
    });
  const server = cluster.server.replace(/\/$/, '');
  const authentication = async (): Promise<TlsOptions> => {
    const tls: TlsOptions = {};
    await config.applyToHTTPSOptions(tls);
    return tls;
  };
  // certificates do not change while we run; tokens may. Streams hold their connections: requests have others.
  let pools: Promise<Record<'request' | 'stream', Agent>> | undefined;
  const sharedPools = () =>
    (pools ??= authentication().then((tls) => ({
      request: poolFor(tls, 64),
      stream: poolFor(tls, null),
    })));
  const authorize: ApiConnection['authorize'] = async (use) => ({
    dispatcher: (await sharedPools())[use],
    headers: headersOf(await authentication()),
  });
  return {
    server,
    authorize,
    async request(path, { method = 'GET', headers, body, signal, isStream = false, silenceMs } = {}) {
      const { dispatcher, headers: own } = await authorize(isStream ? 'stream' : 'request');
      try {
        const response = await undiciRequest(`${server}${path}`, {
          method,
          dispatcher,
          headers: { ...own, ...headers },
          ...(body === undefined ? {} : { body }),
          ...(signal === undefined ? {} : { signal }),
          ...(silenceMs === undefined ? {} : { bodyTimeout: silenceMs }),
        });
        return { status: response.statusCode, headers: response.headers, body: response.body };
      } catch (cause) {
        if (signal?.aborted) throw signal.reason;
        throw unreachable(server, cause);
      }
    },
    async [Symbol.asyncDispose]() {
      const open = await pools?.catch(() => undefined);
      await Promise.all([open?.request.destroy(), open?.stream.destroy()]);
    },
  };
}

function poolFor(
  { ca, cert, key, rejectUnauthorized, servername }: TlsOptions,
  connections: number | null,
): Agent {
  const tls = Object.entries({ ca, cert, key, rejectUnauthorized, servername }).filter(
    ([, v]) => v !== undefined && v !== null,
  );
  return new Agent({ connect: Object.fromEntries(tls), keepAliveTimeout: 30_000, connections });
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {}))
    if (value !== undefined) out[name.toLowerCase()] = String(value);
  if (typeof auth === 'string') out['authorization'] = `Basic ${btoa(auth)}`;
  return out;
}

function loadConfig({ kubeconfig, kubeconfigText, context }: ConnectOptions): KubeConfig {
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
