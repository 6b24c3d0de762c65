import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiRequest, ApiResponse } from './api.ts';
import { PromqlError } from './promql/error.ts';

export interface ServeOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
}

export interface HttpListener {
  readonly url: string;
  close(): Promise<void>;
}

const maxBodyBytes = 1 << 20;

/** Serves the API over HTTP: GET with a query, or POST with a form, as Grafana and promtool ask. */
export function serve(
  handler: (request: ApiRequest) => ApiResponse | Promise<ApiResponse>,
  options: ServeOptions = {},
): Promise<HttpListener> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBodyBytes) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      void answer(handler, url, Buffer.concat(chunks).toString('utf8')).then(({ status, json }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(json));
      });
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}

async function answer(
  handler: (request: ApiRequest) => ApiResponse | Promise<ApiResponse>,
  url: URL,
  body: string,
): Promise<ApiResponse> {
  if (url.pathname === '/-/healthy' || url.pathname === '/-/ready')
    return { status: 200, json: 'Prometheus Server is Healthy.' };
  const params: Record<string, string[]> = {};
  for (const source of [url.searchParams, new URLSearchParams(body)])
    for (const [name, value] of source) params[name] = [...(params[name] ?? []), value];
  try {
    return await handler({ path: url.pathname, params });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      status: 500,
      json: {
        status: 'error',
        errorType: PromqlError.isInstance(error) ? 'execution' : 'internal',
        error: message,
      },
    };
  }
}
