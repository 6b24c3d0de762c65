import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse as parseYaml } from 'yaml';
import { KubeApiError } from '../../../kube/errors.ts';
import type { ApiAnswer, ApiRequest, LogFollow, WatchFrame, WatchStream } from './api-request.ts';
import type { ApiServer } from './api-server.ts';
import { kubeconfigFor } from './kubeconfig.ts';
import { statusOf } from './status-error.ts';

export interface ServeOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Name of cluster, user and context in the kubeconfig. */
  readonly name?: string;
  /** Awaited before each request: resolves when virtual time stands still. */
  readonly gate?: () => Promise<void>;
  /** Asked before the API, for paths that are not Kubernetes'; `undefined` passes the request on. */
  readonly beside?: (
    method: string,
    path: string,
    body: unknown,
  ) => Promise<{ readonly status: number; readonly body: unknown } | undefined>;
}

export interface ServedApi {
  readonly url: string;
  /** Kubeconfig text for kubectl. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

const bodyLimitBytes = 8 << 20;
const bookmarkEveryMs = 10_000;
const followEveryMs = 250;

/** Serves the API over HTTP on loopback, for kubectl and other programs; without authentication. */
export async function serveApi(api: ApiServer, options: ServeOptions): Promise<ServedApi> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    void answer(api, options, request, response);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, resolve);
  });
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    kubeconfig: kubeconfigFor(url, options.name ?? 'embedded'),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  api: ApiServer,
  { gate, beside }: ServeOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const decoded = await decode(request);
    await gate?.();
    const other = await beside?.(decoded.method, decoded.path, decoded.body);
    if (other !== undefined) return writeJson(response, other.status, other.body);
    write(api.handle(decoded), decoded, response);
  } catch (error) {
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const refusal =
      error instanceof KubeApiError
        ? error
        : new KubeApiError(500, 'InternalError', error instanceof Error ? error.message : String(error));
    writeJson(response, refusal.status, statusOf(refusal));
  }
}

async function decode(request: IncomingMessage): Promise<ApiRequest> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const contentType = request.headers['content-type'];
  return {
    method: (request.method === 'HEAD' ? 'GET' : request.method) as ApiRequest['method'],
    path: pathname,
    query: Object.fromEntries(searchParams),
    body: bodyFrom(await read(request), contentType ?? '', pathname),
    contentType,
    accept: request.headers.accept,
    userAgent: request.headers['user-agent'],
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimitBytes)
      throw new KubeApiError(413, 'RequestEntityTooLarge', 'the body of the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function bodyFrom(bytes: Buffer, contentType: string, path: string): unknown {
  if (bytes.length === 0) return undefined;
  if (contentType.includes('protobuf')) {
    // kubectl posts access reviews and evictions as protobuf only; what they say does not change the answer
    if (/reviews$/.test(path) || /\/eviction$/.test(path)) return {};
    throw new KubeApiError(
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml (protobuf is not decoded here: use kubectl apply, or --dry-run=client -o yaml and apply that)',
    );
  }
  const text = bytes.toString('utf8');
  try {
    return (
      contentType.includes('yaml')
        ? parseYaml(text, { uniqueKeys: true, maxAliasCount: 100 })
        : JSON.parse(text)
    ) as unknown;
  } catch (error) {
    throw new KubeApiError(
      400,
      'BadRequest',
      `couldn't decode the body of the request: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function write(reply: ApiAnswer, request: ApiRequest, response: ServerResponse): void {
  if (reply.watch !== undefined) return stream(reply.watch, request, response);
  if (reply.follow !== undefined) return follow(reply.follow, response);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.contentType !== undefined) {
    response.writeHead(reply.status, { 'content-type': reply.contentType });
    response.end(String(reply.body ?? ''));
    return;
  }
  writeJson(response, reply.status, reply.body);
}

function writeJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

function stream(watch: WatchStream, request: ApiRequest, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const send = ({ type, object }: WatchFrame) => response.write(`${JSON.stringify({ type, object })}\n`);
  const stop = watch.start(send);
  const bookmarks = watch.wantsBookmarks
    ? setInterval(() => send(watch.bookmark()), bookmarkEveryMs)
    : undefined;
  const seconds = Number(request.query['timeoutSeconds'] ?? 0);
  const deadline = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined;
  response.on('close', () => {
    stop();
    clearInterval(bookmarks);
    clearTimeout(deadline);
  });
}

function follow(log: LogFollow, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain' });
  const timer = setInterval(poll, followEveryMs);
  response.on('close', () => clearInterval(timer));
  function poll(): void {
    const { text, isOpen } = log.next();
    if (text !== '') response.write(text);
    if (!isOpen) response.end();
  }
  poll();
}
