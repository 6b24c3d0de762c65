import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RecorderReader } from '../../../src/cluster/live/recorder-reader.ts';
import { runCollector } from '../../../src/container/recorder/run-collector.ts';
import type { Span } from '../../../src/spec/telemetry.ts';

let folder: string;
let collector: Awaited<ReturnType<typeof runCollector>>;

const start = (maxBytes = 2 ** 24) =>
  runCollector({ folder, maxBytes, otlpPort: 0, readPort: 0, log: () => undefined });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'collector-'));
  collector = await start();
});

afterEach(async () => {
  await collector.close();
  await rm(folder, { recursive: true });
});

async function recorded(fromMs = 0, toMs = 1e15): Promise<Span[]> {
  const reader = new RecorderReader(async (path) => {
    const response = await fetch(`http://127.0.0.1:${collector.reader.port}${path}`);
    return { status: response.status, headers: {}, body: response.body ?? (async function* () {})() };
  }, 1);
  const spans: Span[] = [];
  for await (const one of reader.spans(fromMs, toMs)) spans.push(one);
  return spans;
}

async function losses(): Promise<unknown> {
  return (await fetch(`http://127.0.0.1:${collector.reader.port}/losses`)).json();
}

function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
  path = '/v1/traces',
): Promise<Response> {
  return fetch(`http://127.0.0.1:${collector.otlp.port}${path}`, { method: 'POST', body, headers });
}

const json = { 'content-type': 'application/json' };

function request(spans: readonly object[]): string {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'cart' } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

function span(id: number, endMs = 1000): object {
  return {
    traceId: 'ab'.repeat(16),
    spanId: id.toString(16).padStart(16, '0'),
    name: 'GET /cart',
    kind: 2,
    startTimeUnixNano: '900000000',
    endTimeUnixNano: `${endMs}000000`,
  };
}

test('what the OpenTelemetry SDK exports comes back as it was', async () => {
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${collector.otlp.port}/v1/traces` });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'cart', 'k8s.pod.name': 'cart-0' }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const started = provider
    .getTracer('t')
    .startSpan('GET /cart', { kind: SpanKind.CLIENT, startTime: [1_790_000_000, 123_456_789] });
  started.setAttributes({ 'http.response.status_code': 503, 'http.route': '/cart/{id}', retried: true });
  started.setStatus({ code: SpanStatusCode.ERROR, message: 'connect ECONNREFUSED' });
  started.addEvent('exception', { 'exception.type': 'ECONNREFUSED' }, [1_790_000_000, 125_000_000]);
  started.end([1_790_000_000, 223_456_790]);
  await provider.forceFlush();

  const { traceId, spanId } = started.spanContext();
  const [got] = await recorded();
  expect(got).toEqual({
    traceId,
    spanId,
    name: 'GET /cart',
    kind: 'CLIENT',
    startMs: 1_790_000_000_123.4568,
    durationNs: 100_000_001,
    resource: expect.objectContaining({ 'service.name': 'cart', 'k8s.pod.name': 'cart-0' }),
    attributes: { 'http.response.status_code': 503, 'http.route': '/cart/{id}', retried: true },
    status: 'ERROR',
    statusMessage: 'connect ECONNREFUSED',
    events: [
      {
        name: 'exception',
        timeMs: 1_790_000_000_125,
        attributes: { 'exception.type': 'ECONNREFUSED' },
      },
    ],
  });
});

test('spans are told by the time they ended, the end not included', async () => {
  await post(request([span(1, 1000), span(2, 2000), span(3, 3000)]), json);
  const ids = (await recorded(1000, 3000)).map(({ spanId }) => Number.parseInt(spanId, 16));
  expect(ids).toEqual([1, 2]);
});

test('packed bodies are unpacked', async () => {
  const answer = await post(new Uint8Array(gzipSync(request([span(1)]))), {
    ...json,
    'content-encoding': 'gzip',
  });
  expect(answer.status).toBe(200);
  expect(await recorded()).toHaveLength(1);
});

test('what is refused is said to the sender and counted, each by its reason', async () => {
  const statuses = [
    await post('{', json),
    await post('{}', { 'content-type': 'text/plain' }),
    await post('', json, '/v1/metrics'),
    await post('no gzip', { ...json, 'content-encoding': 'gzip' }),
    await post(new Uint8Array([0x0a, 0x7f, 0x01]), { 'content-type': 'application/x-protobuf' }),
    await post('x'.repeat(17 * 2 ** 20), json),
  ].map(({ status }) => status);
  expect(statuses).toEqual([400, 415, 404, 400, 400, 413]);
  expect(await losses()).toEqual({
    'requests refused: malformed body': 2,
    'requests refused: malformed gzip': 1,
    'requests refused: too large': 1,
    'requests refused: unknown path': 1,
    'requests refused: unsupported content type': 1,
  });
});

test('of a request with a bad span the others are kept', async () => {
  const answer = await post(request([span(1), { ...span(2), traceId: '00' }, span(3)]), json);
  expect(await answer.json()).toEqual({
    partialSuccess: { rejectedSpans: '1', errorMessage: 'invalid trace id' },
  });
  expect(await recorded()).toHaveLength(2);
  expect(await losses()).toEqual({ 'traces refused: invalid trace id': 1 });
});

test('log records come back with their trace', async () => {
  const record = {
    timeUnixNano: '5000000',
    severityNumber: 17,
    body: { stringValue: 'boom' },
    traceId: 'ab'.repeat(16),
  };
  const body = { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] };
  await post(JSON.stringify(body), json, '/v1/logs');
  const text = await (await fetch(`http://127.0.0.1:${collector.reader.port}/logs`)).text();
  expect(text.split('\n').slice(0, 2)).toEqual([
    JSON.stringify({
      timeMs: 5,
      severity: 'ERROR',
      body: 'boom',
      resource: {},
      attributes: {},
      traceId: 'ab'.repeat(16),
    }),
    '{"end":1}',
  ]);
});

test('spans outlive the process', async () => {
  await post(request([span(1)]), json);
  await collector.close();
  collector = await start();
  await post(request([span(2)]), json);
  expect((await recorded()).map(({ spanId }) => spanId.at(-1))).toEqual(['1', '2']);
});

test('when the disk has its share, the oldest go and are counted', async () => {
  await collector.close();
  collector = await start(40_000);
  for (let i = 0; i < 40; i++) {
    await post(request(Array.from({ length: 10 }, (_, k) => span(i * 10 + k + 1))), json);
    await recorded();
  }
  const kept = await recorded();
  const ids = kept.map(({ spanId }) => Number.parseInt(spanId, 16));
  expect(ids.at(-1)).toBe(400);
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  expect(await losses()).toEqual({ 'spans dropped: older than the buffer holds': 400 - kept.length });
  expect(JSON.stringify(kept).length).toBeLessThan(40_000);
});
