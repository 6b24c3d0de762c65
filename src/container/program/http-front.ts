import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mix } from '../../base/random.ts';
import type { Inbound } from '../../workload/host.ts';
import { readTraceparent } from './propagation.ts';

/** What answers on the program's port. */
export interface FrontHandlers {
  /** A request of the program's own routes. */
  serve(inbound: Inbound): void;
  /** `/healthz` and `/readyz`, where the program has no route of that name. */
  health(path: string, done: (status: number) => void): void;
  /** The text of `/metrics`. */
  metrics(): string;
  /** Whether the program itself has a route for `GET <path>`. */
  hasRoute(path: string): boolean;
  /** Anything else that the process answers about itself; undefined if it does not know the path. */
  manage?(method: string, path: string, body: string): { status: number; body: unknown } | undefined;
}

const ownPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);
const jsonType = { 'content-type': 'application/json' } as const;

/** The HTTP server of a program: its routes, probes and metrics on one port. */
export class HttpFront {
  readonly #handlers: FrontHandlers;
  readonly #server: Server;
  readonly #seed: number;
  #ordinal = 0;
  #isClosing = false;

  constructor(handlers: FrontHandlers, seed: number) {
    this.#handlers = handlers;
    this.#seed = seed;
    this.#server = createServer(
      { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 },
      (request, response) => this.#receive(request, response),
    );
    // The clients close what they keep; a server that closed idle connections would race with their requests.
    this.#server.timeout = 0;
  }

  /** Accepts connections; calls back with an error if the port cannot be had. */
  listen(port: number, failed: (error: Error) => void): void {
    this.#server.on('error', failed);
    this.#server.listen(port);
  }

  /** No new connections; idle ones are closed now, busy ones after their answer. */
  stopListening(): void {
    this.#isClosing = true;
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const method = request.method ?? 'GET';
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (method === 'GET' && ownPaths.has(path) && !this.#handlers.hasRoute(path)) {
      request.resume();
      this.#answerOwn(path, response);
    } else if (this.#handlers.manage === undefined) {
      request.resume();
      this.#handlers.serve(this.#inbound(request, response, `${method} ${path}`));
    } else this.#manage(request, response, method, path);
  }

  #answerOwn(path: string, response: ServerResponse): void {
    if (path === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(this.#handlers.metrics());
      return;
    }
    this.#handlers.health(path, (status) => this.#end(response, status));
  }

  #manage(request: IncomingMessage, response: ServerResponse, method: string, path: string): void {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      if (body.length < 65_536) body += chunk;
    });
    request.on('end', () => {
      const answer = this.#handlers.manage?.(method, path, body) ?? {
        status: 404,
        body: { error: 'Not Found' },
      };
      this.#end(response, answer.status, answer.body);
    });
  }

  #inbound(request: IncomingMessage, response: ServerResponse, route: string): Inbound {
    const header = request.headers.traceparent;
    const carried = readTraceparent(
      typeof header === 'string' ? header : undefined,
      mix(this.#seed, this.#ordinal++),
    );
    return {
      route,
      key: carried.key,
      trace: carried.trace,
      parent: carried.parent,
      get isAbandoned(): boolean {
        return response.destroyed;
      },
      answer: (status) => this.#end(response, status),
    };
  }

  #end(
    response: ServerResponse,
    status: number,
    body: unknown = status < 400 ? { status: 'ok' } : { status },
  ): void {
    if (response.destroyed) return;
    if (this.#isClosing) response.setHeader('connection', 'close');
    response.writeHead(status, jsonType);
    response.end(JSON.stringify(body));
  }
}
