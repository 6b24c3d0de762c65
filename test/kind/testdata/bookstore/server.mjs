// A small service: answers HTTP, calls one other, counts, traces over OTLP.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const { SERVICE, UPSTREAM_ADDR, OTEL_EXPORTER_OTLP_ENDPOINT } = process.env;
const counts = new Map();
const log = (level, msg, more = {}) =>
  console.log(JSON.stringify({ time: new Date().toISOString(), level, msg, ...more }));

const server = createServer(async (request, response) => {
  if (request.url === '/metrics') {
    const lines = [...counts].map(
      ([code, count]) => `http_requests_total{service="${SERVICE}",code="${code}"} ${count}`,
    );
    return response.end(`# TYPE http_requests_total counter\n${lines.join('\n')}\n`);
  }
  if (request.url === '/healthz') return response.end('ok');
  const trace = request.headers.traceparent?.split('-')[1] ?? randomBytes(16).toString('hex');
  const span = { id: newId(), parent: request.headers.traceparent?.split('-')[2], kind: 2 };
  const started = Date.now();
  let [code, body] = [200, JSON.stringify({ books: ['Dune', 'Emma'] })];
  if (UPSTREAM_ADDR) {
    const call = { id: newId(), parent: span.id, kind: 3 };
    try {
      const answer = await fetch(`http://${UPSTREAM_ADDR}/books`, {
        headers: { traceparent: `00-${trace}-${call.id}-01`, connection: 'close' },
        signal: AbortSignal.timeout(2000),
      });
      body = await answer.text();
      if (!answer.ok) code = 502;
    } catch (error) {
      code = 502;
      log('error', `calling ${UPSTREAM_ADDR} failed: ${error.cause?.message ?? error.message}`);
    }
    void report(trace, call, '/books', code, started, { 'server.address': UPSTREAM_ADDR.split(':')[0] });
  }
  counts.set(code, (counts.get(code) ?? 0) + 1);
  response.writeHead(code, { 'content-type': 'application/json' }).end(code === 200 ? body : '{}');
  void report(trace, span, request.url, code, started);
});

function newId() {
  return randomBytes(8).toString('hex');
}

async function report(traceId, { id, parent, kind }, path, code, started, more = {}) {
  if (!OTEL_EXPORTER_OTLP_ENDPOINT) return;
  const attribute = (key, value) => ({ key, value: { stringValue: String(value) } });
  const span = {
    ...{ traceId, spanId: id, parentSpanId: parent ?? '', name: `GET ${path}`, kind },
    startTimeUnixNano: `${started}000000`,
    endTimeUnixNano: `${Date.now()}000000`,
    attributes: Object.entries({
      'http.request.method': 'GET',
      'http.response.status_code': code,
      ...more,
    }).map(([key, value]) => attribute(key, value)),
    status: code === 200 ? {} : { code: 2 },
  };
  const resource = { attributes: [attribute('service.name', SERVICE)] };
  await fetch(`${OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
  }).catch((error) => log('warn', `no trace sent: ${error.message}`));
}

server.listen(8080, () => log('info', `${SERVICE} listens`));
process.on('SIGTERM', () => setTimeout(() => process.exit(0), 3000));
