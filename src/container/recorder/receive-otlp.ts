import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Collector, Signal, Taken } from './collector.ts';
import type { Losses } from './losses.ts';
import { MalformedBody } from './otlp-messages.ts';

const unzip = promisify(gunzip);
/** A request may not be bigger than this, packed or unpacked. */
const maxBodyBytes = 16 * 2 ** 20;
/** Bodies of all requests in hand may not be bigger than this together. */
const maxInHandBytes = 32 * 2 ** 20;

const signals: Readonly<Record<string, Signal>> = { '/v1/traces': 'traces', '/v1/logs': 'logs' };

/** The receiving end of OTLP/HTTP: refusals have the status that makes an exporter do the right thing, and are counted. */
export function otlpReceiver(collector: Collector, losses: Losses) {
  let inHandBytes = 0;
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const signal = signals[new URL(request.url ?? '/', 'http://collector').pathname];
    const refuse = (status: number, reason: string, headers: Record<string, string> = {}) => {
      losses.count(`requests refused: ${reason}`);
      request.resume();
      response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(`${reason}\n`);
    };
    if (signal === undefined) return refuse(404, 'unknown path');
    if (request.method !== 'POST') return refuse(405, 'not a POST', { allow: 'POST' });
    const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
    const encoding =
      type === 'application/x-protobuf' ? 'protobuf' : type === 'application/json' ? 'json' : undefined;
    if (encoding === undefined) return refuse(415, 'unsupported content type');
    const packing = request.headers['content-encoding'] ?? 'identity';
    if (packing !== 'gzip' && packing !== 'identity') return refuse(415, 'unsupported content encoding');
    // an exporter waits and sends again
    if (collector.isBusy(signal) || inHandBytes > maxInHandBytes)
      return refuse(503, 'busy', { 'retry-after': '1' });

    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        size += chunk.length;
        inHandBytes += chunk.length;
        if (size > maxBodyBytes) return refuse(413, 'too large', { connection: 'close' });
        chunks.push(chunk);
      }
      const raw = Buffer.concat(chunks);
      const body = packing === 'gzip' ? await unzip(raw, { maxOutputLength: maxBodyBytes }) : raw;
      const taken = collector.take(signal, encoding, body, request.socket.remoteAddress ?? '');
      answer(response, signal, encoding, taken);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (error instanceof MalformedBody) refuse(400, 'malformed body');
      else if (code === 'ERR_BUFFER_TOO_LARGE') refuse(413, 'too large');
      else if (code?.startsWith('Z_') === true) refuse(400, 'malformed gzip');
      else if (request.destroyed) losses.count('requests refused: connection lost');
      else refuse(500, 'internal error');
    } finally {
      inHandBytes -= size;
    }
  };
}

/** What was rejected is told, as the protocol wants it: `partial_success`. */
function answer(
  response: ServerResponse,
  signal: Signal,
  encoding: 'protobuf' | 'json',
  { rejected, why }: Taken,
): void {
  if (encoding === 'json') {
    const field = signal === 'traces' ? 'rejectedSpans' : 'rejectedLogRecords';
    const body = rejected === 0 ? {} : { partialSuccess: { [field]: String(rejected), errorMessage: why } };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  } else response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(partial(rejected, why));
}

/** `ExportTraceServiceResponse` and `ExportLogsServiceResponse` have the same fields. */
function partial(rejected: number, why: string): Buffer {
  if (rejected === 0) return Buffer.alloc(0);
  const text = Buffer.from(why).subarray(0, 100);
  const inner = Buffer.concat([Buffer.from([0x08, ...varint(rejected), 0x12, text.length]), text]);
  return Buffer.concat([Buffer.from([0x0a, ...varint(inner.length)]), inner]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}
