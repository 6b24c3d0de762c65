import type { ApiConnection } from '../../kube/api-connection.ts';
import { PrometheusHttpClient } from '../prometheus-http-client.ts';

/** Path of a Service (`name:port`) as the API server passes requests on to it, without a slash at the end. */
export function serviceProxyPath(namespace: string, service: string): string {
  return `/api/v1/namespaces/${namespace}/services/${service}/proxy`;
}

/** A Prometheus in the cluster, asked through the API server: nothing has to be reachable from outside. */
export function prometheusThroughProxy(
  connection: ApiConnection,
  namespace: string,
  service: string,
  signal?: AbortSignal,
): PrometheusHttpClient {
  return new PrometheusHttpClient({
    url: `${connection.server}${serviceProxyPath(namespace, service)}`,
    ...(signal === undefined ? {} : { signal }),
    async send(url, { method, headers, body }) {
      const response = await connection.request(url.slice(connection.server.length), {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
      return { status: response.status, text: await response.body.text() };
    },
  });
}
