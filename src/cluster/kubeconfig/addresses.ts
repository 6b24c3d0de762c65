import { PrerequisiteError } from '../../base/errors.ts';
import type { ApiConnection } from '../../kube/api-connection.ts';
import type { KubeconfigProfile } from '../../spec/profile.ts';
import type { ReadRecorder } from '../live/recorder-reader.ts';
import { prometheusThroughProxy, serviceProxyPath } from '../live/service-proxy.ts';
import { PrometheusHttpClient } from '../prometheus-http-client.ts';

type Address = KubeconfigProfile['prometheus'];
type Environment = Readonly<Record<string, string | undefined>>;

/** The Prometheus at an address of a profile: a Service through the API server, or a URL. */
export function prometheusAt(
  address: Address,
  connection: ApiConnection,
  env: Environment,
  signal?: AbortSignal,
): PrometheusHttpClient {
  if ('service' in address)
    return prometheusThroughProxy(connection, address.namespace, address.service, signal);
  return new PrometheusHttpClient({
    url: address.url,
    headers: tokenOf(address, env),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A way to the reading port of the recorder at an address of a profile. */
export function recorderAt(address: Address, connection: ApiConnection, env: Environment): ReadRecorder {
  if ('service' in address) {
    const root = serviceProxyPath(address.namespace, address.service);
    return (path) =>
      connection.request(`${root}${path}`, { headers: { 'accept-encoding': 'gzip' }, isStream: true });
  }
  const headers = tokenOf(address, env);
  return async (path) => {
    const response = await fetch(`${address.url.replace(/\/$/, '')}${path}`, { headers });
    // fetch unpacks by itself
    return { status: response.status, headers: {}, body: response.body ?? nothing() };
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function tokenOf({ url, tokenVariable }: { url: string; tokenVariable?: string }, env: Environment) {
  if (tokenVariable === undefined) return {};
  const token = env[tokenVariable];
  if (token === undefined || token === '')
    throw new PrerequisiteError('no-token', `the environment has no ${tokenVariable}, the token for ${url}`, {
      hint: `export ${tokenVariable}=…`,
    });
  return { authorization: `Bearer ${token}` };
}
