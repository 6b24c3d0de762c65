import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { request as undiciRequest } from 'undici';
import type { Clock } from '../base/clock.ts';
import { responseError } from './response-error.ts';
import type { KubeTransport, TransportFrame, TransportRequest, TransportResponse } from './transport.ts';
import { unreachable } from './unreachable.ts';

export interface HttpConnection {
  /** Origin and prefix of the server, without a slash at the end. */
  readonly server: string;
  /** A shared pool and authorization headers, asked before each request (tokens expire); streams hold connections. */
  authorize(
    use: 'request' | 'stream',
  ): Promise<{ readonly dispatcher: Dispatcher; readonly headers: Record<string, string> }>;
  readonly clock: Clock;
}

/** A watch that has been silent for longer is taken to be dead; servers send bookmarks and end watches after 290 s. */
const silenceMs = 330_000;
/** How often a read is tried when no answer comes, or the server is too busy. */
const readTries = 4;
// the API server takes the field manager of a write from the first word
const userAgent = 'kubectl/v1.34.2 (linux/amd64) kubernetes/8cc511e';

export function createHttpTransport(connection: HttpConnection): KubeTransport {
  const open = async (
    request: TransportRequest,
    options: { signal?: AbortSignal; bodyTimeout?: number } = {},
    use: 'request' | 'stream' = 'request',
  ) => {
    const query = new URLSearchParams(request.query).toString();
    const url = `${connection.server}${request.path}${query === '' ? '' : `?${query}`}`;
    const { dispatcher, headers } = await connection.authorize(use);
    try {
      return await undiciRequest(url, {
        method: request.method,
        dispatcher,
        headers: {
          ...headers,
          accept: 'application/json',
          'user-agent': userAgent,
          ...(request.body === undefined
            ? {}
            : { 'content-type': request.contentType ?? 'application/json' }),
        },
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        ...options,
      });
    } catch (cause) {
      throw unreachable(connection.server, cause);
    }
  };

  return {
    nowMs: () => connection.clock.nowMs(),
    async wait(ms, signal) {
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    },
    async request(request) {
      for (let attempt = 1; ; attempt++) {
        // only reading may be done twice without asking what became of the first
        const isLast = request.method !== 'GET' || attempt >= readTries;
        try {
          const response = await open(request);
          const answer = {
            status: response.statusCode,
            body: await bodyOf(response, connection.server),
          };
          if (answer.status !== 429 || isLast) return answer;
        } catch (error) {
          if (isLast) throw error;
        }
        await sleep(200 * 2 ** (attempt - 1));
      }
    },
    async *watch(path, query, signal) {
      const response = await open(
        { method: 'GET', path, query },
        { signal, bodyTimeout: silenceMs },
        'stream',
      );
      if (response.statusCode >= 400)
        throw responseError(
          { status: response.statusCode, body: await bodyOf(response, connection.server) },
          `GET ${path}`,
        );
      try {
        yield* frames(response.body, connection.clock);
      } catch (cause) {
        if (!signal.aborted) throw unreachable(connection.server, cause);
      }
    },
  };
}

async function bodyOf(response: Dispatcher.ResponseData, server: string): Promise<TransportResponse['body']> {
  let text: string;
  try {
    text = await response.body.text();
  } catch (cause) {
    throw unreachable(server, cause);
  }
  const type = String(response.headers['content-type'] ?? '');
  return type.includes('json') && text !== '' ? (JSON.parse(text) as unknown) : text;
}

async function* frames(body: AsyncIterable<Uint8Array>, clock: Clock): AsyncGenerator<TransportFrame> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    const receivedMs = clock.nowMs();
    for (const line of lines)
      if (line !== '') yield { ...(JSON.parse(line) as Omit<TransportFrame, 'receivedMs'>), receivedMs };
  }
}
