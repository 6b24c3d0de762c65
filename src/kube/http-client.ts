import { type Clock, systemClock } from '../base/clock.ts';
import { type ApiConnection, type ConnectOptions, connectApi } from './api-connection.ts';
import type { KubeClient } from './client.ts';
import { createHttpTransport } from './http-transport.ts';
import { createRestClient } from './rest-client.ts';

export interface HttpClientOptions extends ConnectOptions {
  /** Stamps `receivedMs` of watch events. */
  readonly clock?: Clock;
}

/**
 * A client for a real API server, with kubeconfig's authentication by `@kubernetes/client-node` and shared pools of
 * connections (the package opens a connection for each request). JSON stays as the server sent it.
 */
export function createHttpClient(options: HttpClientOptions = {}): KubeClient & AsyncDisposable {
  const connection = connectApi(options);
  return Object.assign(clientOver(connection, options.clock), {
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  });
}

/** A client over a connection that others use too; it ends with the connection. */
export function clientOver(connection: ApiConnection, clock: Clock = systemClock): KubeClient {
  return createRestClient(
    createHttpTransport({
      server: connection.server,
      clock,
      authorize: (use) => connection.authorize(use),
    }),
  );
}
