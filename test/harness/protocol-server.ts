import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with one request: a reply in the protocol that was asked in, or something broken. */
export type Behaviour =
  | {
      readonly kind: 'reply';
      readonly text?: string;
      readonly calls?: readonly Call[];
      readonly usage?: Tokens;
      readonly finish?: 'length';
    }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly error?: ProtocolError;
    }
  /** The first part of a reply, then silence. */
  | { readonly kind: 'stall' }
  /** The first part of a reply, then the end. */
  | { readonly kind: 'truncate' }
  /** The first part of a reply, then a reset connection. */
  | { readonly kind: 'reset' }
  /** An error inside a stream that began well. */
  | { readonly kind: 'stream-error' };

export interface Call {
  readonly name: string;
  /** Text goes out as it is, JSON or not. */
  readonly arguments: string | Record<string, unknown>;
}
export interface Tokens {
  readonly input: number;
  readonly cached?: number;
  readonly output: number;
  readonly reasoning?: number;
}
export interface ProtocolError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
}
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

export interface ProtocolServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
}

/**
 * Speaks OpenAI's chat completions and Anthropic's messages over HTTP, streamed. Answers the requests with the given
 * behaviours in order; with a function, as it says.
 */
export async function protocolServer(
  behaviours: readonly Behaviour[] | ((request: SeenRequest, index: number) => Behaviour),
): Promise<ProtocolServer> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const seen = {
        path: request.url ?? '',
        headers: request.headers,
        body: JSON.parse(text) as Record<string, unknown>,
      };
      requests.push(seen);
      const index = requests.length - 1;
      const behaviour = typeof behaviours === 'function' ? behaviours(seen, index) : behaviours[index];
      answer(
        seen.path.endsWith('/messages') ? anthropic : openai,
        behaviour ?? { kind: 'status', status: 418 },
        response,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Protocol {
  readonly error: (error: ProtocolError) => object;
  readonly stream: (behaviour: Extract<Behaviour, { kind: 'reply' }>) => string[];
  readonly streamError: string;
}

function answer(protocol: Protocol, behaviour: Behaviour, response: ServerResponse): void {
  if (behaviour.kind === 'status') {
    response.writeHead(behaviour.status, { 'content-type': 'application/json', ...behaviour.headers });
    response.end(
      JSON.stringify(
        protocol.error(behaviour.error ?? { type: 'test', message: `status ${behaviour.status}` }),
      ),
    );
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (behaviour.kind === 'reply') {
    response.end(protocol.stream(behaviour).join(''));
    return;
  }
  const events = protocol.stream({ kind: 'reply', text: 'a beginning that has no end' });
  response.write(events.slice(0, Math.ceil(events.length / 2)).join(''));
  if (behaviour.kind === 'truncate') response.end();
  if (behaviour.kind === 'reset') setTimeout(() => response.destroy(), 20);
  if (behaviour.kind === 'stream-error') response.end(protocol.streamError);
}

const argumentsText = (call: Call) =>
  typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);

/** Splits a text, so that tool arguments arrive in pieces. */
const pieces = (text: string) => text.match(/[\s\S]{1,7}/g) ?? [''];

const openai: Protocol = {
  error: (error) => ({
    error: { message: error.message, type: error.type, param: null, code: error.code ?? null },
  }),
  streamError: `data: ${JSON.stringify({ error: { message: 'the server had an error', type: 'server_error', param: null, code: null } })}\n\ndata: [DONE]\n\n`,
  stream: ({ text, calls = [], usage = { input: 10, output: 5 }, finish }) => {
    const chunk = (delta: object, reason: string | null = null) =>
      `data: ${JSON.stringify({ id: 'c-1', object: 'chat.completion.chunk', created: 1, model: 'test-1', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
    return [
      chunk({ role: 'assistant', content: '' }),
      ...(text === undefined ? [] : pieces(text).map((content) => chunk({ content }))),
      ...calls.flatMap((call, index) => [
        chunk({
          tool_calls: [
            { index, id: `call-${index}`, type: 'function', function: { name: call.name, arguments: '' } },
          ],
        }),
        ...pieces(argumentsText(call)).map((piece) =>
          chunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
        ),
      ]),
      chunk({}, finish ?? (calls.length > 0 ? 'tool_calls' : 'stop')),
      `data: ${JSON.stringify({
        id: 'c-1',
        object: 'chat.completion.chunk',
        created: 1,
        model: 'test-1',
        choices: [],
        usage: {
          prompt_tokens: usage.input,
          completion_tokens: usage.output,
          total_tokens: usage.input + usage.output,
          prompt_tokens_details: { cached_tokens: usage.cached ?? 0 },
          completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
        },
      })}\n\n`,
      'data: [DONE]\n\n',
    ];
  },
};

const anthropic: Protocol = {
  error: (error) => ({ type: 'error', error: { type: error.type, message: error.message } }),
  streamError: `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })}\n\n`,
  stream: ({ text, calls = [], usage = { input: 10, output: 5 }, finish }) => {
    const event = (type: string, fields: object) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
    const blocks = [
      ...(text === undefined
        ? []
        : [
            {
              start: { type: 'text', text: '' },
              deltas: pieces(text).map((piece) => ({ type: 'text_delta', text: piece })),
            },
          ]),
      ...calls.map((call, index) => ({
        start: { type: 'tool_use', id: `toolu_${index}`, name: call.name, input: {} },
        deltas: pieces(argumentsText(call)).map((piece) => ({
          type: 'input_json_delta',
          partial_json: piece,
        })),
      })),
    ];
    return [
      event('message_start', {
        message: {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'test-1',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: {
            input_tokens: usage.input - (usage.cached ?? 0),
            cache_read_input_tokens: usage.cached ?? 0,
            cache_creation_input_tokens: 0,
            output_tokens: 1,
          },
        },
      }),
      ...blocks.flatMap(({ start, deltas }, index) => [
        event('content_block_start', { index, content_block: start }),
        ...deltas.map((delta) => event('content_block_delta', { index, delta })),
        event('content_block_stop', { index }),
      ]),
      event('message_delta', {
        delta: {
          stop_reason: finish === 'length' ? 'max_tokens' : calls.length > 0 ? 'tool_use' : 'end_turn',
          stop_sequence: null,
        },
        usage: { output_tokens: usage.output },
      }),
      event('message_stop', {}),
    ];
  },
};
