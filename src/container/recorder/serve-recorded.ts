import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import type { Collector } from './collector.ts';
import { exposition } from './exposition.ts';
import type { Losses } from './losses.ts';
import type { SegmentStore } from './segment-store.ts';

export interface RecordedParts {
  readonly spans: SegmentStore;
  readonly logs: SegmentStore;
  readonly losses: Losses;
  readonly collector: Collector;
}

/**
 * The reading end: `/spans` and `/logs` (`?from=&to=`, epoch ms) as lines of JSON, the last of them `{"end":count}`, so
 * that a stream that was cut off is recognised; `/losses`; `/metrics` for Prometheus; `/` for probes.
 */
export function recordedReader(parts: RecordedParts) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://collector');
    const time = (name: string, otherwise: number) => Number(url.searchParams.get(name) ?? otherwise);
    switch (url.pathname) {
      case '/':
      case '/healthz':
        response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
        return;
      case '/losses':
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify(parts.losses.all()));
        return;
      case '/metrics':
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metrics(parts));
        return;
      case '/spans':
      case '/logs': {
        const [from, to] = [time('from', 0), time('to', Number.MAX_SAFE_INTEGER)];
        if (!Number.isFinite(from) || !Number.isFinite(to)) {
          response
            .writeHead(400, { 'content-type': 'text/plain' })
            .end('from and to are epoch milliseconds\n');
          return;
        }
        const store = url.pathname === '/spans' ? parts.spans : parts.logs;
        await stream(request, response, withEnd(store.between(from, to)));
        return;
      }
      default:
        response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    }
  };
}

async function stream(
  request: IncomingMessage,
  response: ServerResponse,
  chunks: AsyncIterable<string>,
): Promise<void> {
  const zipped = String(request.headers['accept-encoding'] ?? '').includes('gzip');
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    ...(zipped ? { 'content-encoding': 'gzip' } : {}),
  });
  const source = Readable.from(chunks, { objectMode: false });
  // a reader that goes away ends the pipeline; there is nobody to tell
  const done = zipped
    ? pipeline(source, createGzip({ level: constants.Z_BEST_SPEED }), response)
    : pipeline(source, response);
  await done.catch(() => response.destroy());
}

/** Lines in pieces of some size, and the count at the end. */
async function* withEnd(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '';
  let count = 0;
  for await (const line of lines) {
    count++;
    piece += `${line}\n`;
    if (piece.length < 1 << 16) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}{"end":${count}}\n`;
}

function metrics({ spans, logs, losses, collector }: RecordedParts): string {
  const { emit, text } = exposition();
  emit('otelcol_receiver_accepted_spans_total', {}, collector.accepted.traces);
  emit('otelcol_receiver_accepted_log_records_total', {}, collector.accepted.logs);
  emit('otelcol_storage_bytes', { signal: 'traces' }, spans.bytes);
  emit('otelcol_storage_bytes', { signal: 'logs' }, logs.bytes);
  for (const [reason, count] of Object.entries(losses.all()))
    emit('otelcol_refused_total', { reason }, count);
  return text();
}
