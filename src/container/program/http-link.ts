import { Agent, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Link, Message, Outcome } from '../../workload/host.ts';
import type { Operation } from '../../workload/operations.ts';
import type { Task } from '../../workload/task.ts';
import { requestPath, type Trace } from '../../workload/tracing.ts';
import type { Upstream } from '../../workload/upstream.ts';
import { traceparentOf } from './propagation.ts';

const body = '{}';

/** HTTP/1.1 over one kept socket; whoever holds it sends one request at a time. */
export class HttpLink implements Link {
  readonly ip: string;
  readonly openedMs: number;
  idleSinceMs: number;
  isOpen = true;
  readonly #upstream: Upstream;
  readonly #socket: Socket;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });

  constructor(upstream: Upstream, ip: string, socket: Socket, nowMs: number) {
    this.#upstream = upstream;
    this.ip = ip;
    this.#socket = socket;
    this.openedMs = nowMs;
    this.idleSinceMs = nowMs;
    this.#agent.createConnection = () => socket;
    socket.on('error', () => this.close());
    socket.on('end', () => this.#lost());
    socket.on('close', () => this.#lost());
  }

  exchange(task: Task, operation: Operation, trace: Trace | undefined, key: number, timeoutMs: number): void {
    let isDone = false;
    const finish = (outcome: Outcome): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      if (typeof outcome !== 'number') this.close();
      task.resume(outcome);
    };
    const reset = (): void => finish(this.#upstream.fail('reset', this.ip));
    const timer = setTimeout(() => finish(this.#upstream.fail('timeout', this.ip)), Math.max(0, timeoutMs));
    if (this.#socket.destroyed) {
      setImmediate(reset);
      return;
    }
    const space = operation.text.indexOf(' ');
    const method = operation.text.slice(0, space);
    const hasBody = method !== 'GET' && method !== 'HEAD' && method !== 'DELETE';
    const outgoing = request({
      agent: this.#agent,
      host: this.#upstream.host,
      port: this.#upstream.port,
      method,
      path: requestPath(operation.text.slice(space + 1), trace, key),
      headers: {
        accept: 'application/json',
        traceparent: traceparentOf(trace, key),
        ...(hasBody ? { 'content-type': 'application/json', 'content-length': body.length } : {}),
      },
    });
    outgoing.on('error', reset);
    outgoing.on('response', (response) => this.#receive(response, finish, reset));
    outgoing.end(hasBody ? body : undefined);
  }

  subscribe(
    _subject: string,
    _group: string,
    _concurrency: number,
    _deliver: (message: Message) => void,
  ): void {
    throw new Error('HTTP has no subscriptions');
  }

  close(): void {
    this.isOpen = false;
    this.#agent.destroy();
    this.#socket.destroy();
  }

  #receive(response: IncomingMessage, finish: (outcome: Outcome) => void, reset: () => void): void {
    response.on('error', reset);
    response.on('close', () => {
      if (!response.complete) reset();
    });
    response.on('end', () => {
      if (response.headers.connection === 'close') this.isOpen = false;
      // Only when the socket is free again may the next request be sent.
      setImmediate(finish, response.statusCode ?? 0);
    });
    response.resume();
  }

  #lost(): void {
    this.isOpen = false;
  }
}
