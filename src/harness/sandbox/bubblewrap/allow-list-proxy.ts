import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Ports of a host that is allowed without one. */
const usualPorts: readonly number[] = [443, 80];

/** Whether `host:port` is on the list; `name` allows the usual ports of exactly this name, `name:port` that port. */
export function isAllowed(allowHosts: readonly string[], host: string, port: number): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return allowHosts.some((entry) => {
    const { hostname, port: only } = parseHost(entry) ?? { hostname: undefined, port: undefined };
    return hostname === name && (only === undefined ? usualPorts.includes(port) : only === port);
  });
}

/** `name` or `name:port` (IPv6 in brackets); undefined if it is neither. */
export function parseHost(text: string): { hostname: string; port: number | undefined } | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i.exec(text);
  const [, host, port] = match ?? [];
  if (host === undefined) return undefined;
  return {
    hostname: host
      .toLowerCase()
      .replace(/^\[|\]$/g, '')
      .replace(/\.$/, ''),
    port: port === undefined ? undefined : Number(port),
  };
}

/** An HTTP proxy (CONNECT and plain requests) that reaches the hosts of the list and nothing else. */
export class AllowListProxy {
  readonly #server: Server;
  /** Of clients, tunnels among them: those are no longer connections of HTTP, and the server does not end them. */
  readonly #sockets = new Set<Socket>();

  private constructor(allowHosts: readonly string[]) {
    this.#server = createServer((incoming, response) => forward(allowHosts, incoming, response));
    this.#server.on('connect', (incoming: IncomingMessage, client: Duplex, head: Buffer) =>
      tunnel(allowHosts, incoming, client, head),
    );
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Listens on a Unix socket. */
  static async start(allowHosts: readonly string[], socketPath: string): Promise<AllowListProxy> {
    const proxy = new AllowListProxy(allowHosts);
    proxy.#server.listen(socketPath);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Ends every connection, whatever its two sides still mean to say. */
  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function tunnel(
  allowHosts: readonly string[],
  incoming: IncomingMessage,
  client: Duplex,
  head: Buffer,
): void {
  client.on('error', () => client.destroy());
  const target = parseHost(incoming.url ?? '');
  if (!target || target.port === undefined || !isAllowed(allowHosts, target.hostname, target.port)) {
    client.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\nthis host is not on the list\n');
    client.resume(); // unread, it would never end
    return;
  }
  const upstream = connect(target.port, target.hostname, () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.write(head);
    upstream.pipe(client).pipe(upstream);
  });
  upstream.on('error', () => client.destroy());
  client.on('close', () => upstream.destroy());
}

function forward(allowHosts: readonly string[], incoming: IncomingMessage, response: ServerResponse): void {
  const url = URL.parse(incoming.url ?? '');
  const port = Number(url?.port || 80);
  if (url?.protocol !== 'http:' || !isAllowed(allowHosts, url.hostname.replace(/^\[|\]$/g, ''), port)) {
    response.writeHead(403).end('this host is not on the list\n');
    return;
  }
  const headers: OutgoingHttpHeaders = { ...incoming.headers, host: url.host };
  delete headers['proxy-connection'];
  delete headers['proxy-authorization'];
  const upstream = request(url, { method: incoming.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  response.on('close', () => upstream.destroy());
  incoming.pipe(upstream);
}
