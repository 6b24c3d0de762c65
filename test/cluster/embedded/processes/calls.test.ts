import { describe, expect, it } from 'vitest';
import type { Program } from '../../../../src/spec/program.ts';
import { program, SmallWorld, users } from './small-world.ts';

const front = (runtime: NonNullable<Program['runtime']>, upstream: Record<string, unknown> = {}): Program =>
  program('front', {
    runtime,
    upstreams: [
      {
        name: 'back',
        protocol: 'http',
        address: 'back:8080',
        timeoutMs: 1500,
        connectTimeoutMs: 700,
        ...upstream,
      },
    ],
    routes: [{ method: 'GET', path: '/page', steps: [{ work: 1 }, { call: 'back', route: 'GET /data' }] }],
  });
const back = (rest: Partial<Program> = {}): Program =>
  program('back', { routes: [{ method: 'GET', path: '/data', steps: [{ work: 2 }] }], ...rest });

describe('a call between two services', () => {
  it('makes one trace of client and server spans, metrics and an answer', () => {
    const world = new SmallWorld([back(), front('go'), users()]);
    world.startAll();
    world.run(30);
    const spans = world.spans();
    const root = spans.find(
      (span) => span.parentSpanId === undefined && span.startMs > world.simulation.startMs + 10_000,
    )!;
    const trace = spans.filter((span) => span.traceId === root.traceId);
    expect(trace.map((span) => `${span.resource['service.name']} ${span.kind} ${span.name}`).sort()).toEqual([
      'back SERVER GET /data',
      'front CLIENT GET /data',
      'front SERVER GET /page',
      'users CLIENT GET /page',
    ]);
    const byId = new Map(trace.map((span) => [span.spanId, span]));
    for (const span of trace) {
      if (span.parentSpanId === undefined) continue;
      const parent = byId.get(span.parentSpanId)!;
      expect(parent.startMs).toBeLessThanOrEqual(span.startMs);
      expect(parent.durationNs).toBeGreaterThan(span.durationNs);
    }
    const served = world.metric('back', 'http_server_request_duration_seconds_count');
    expect(served).toBeGreaterThan(200);
    expect(
      world.metric('front', 'http_client_request_duration_seconds_count', {
        http_response_status_code: '200',
      }),
    ).toBe(served);
  });

  it.each([
    ['go', 'dial tcp', 'connect: connection refused', 'connection_refused'],
    ['node', 'connect ECONNREFUSED', ':8080', 'ECONNREFUSED'],
    ['java', 'java.net.ConnectException', 'Connection refused', 'java.net.ConnectException'],
    ['python', 'NewConnectionError', 'Connection refused', 'NewConnectionError'],
  ] as const)('refused at once is told apart in %s', (runtime, a, b, type) => {
    const world = new SmallWorld([back(), front(runtime), users()]);
    const { front: started } = { front: world.start('front') };
    world.network.add('shop', 'back', { ...started.pod, uid: 'nobody' });
    world.start('users');
    world.run(10);
    const line = started.lines.find((text) => text.includes('request failed'))!;
    expect(line).toContain(a);
    expect(line).toContain(b);
    const failed = world.spans((span) => span.kind === 'CLIENT' && span.resource['service.name'] === 'front');
    expect(failed.every((span) => span.attributes['error.type'] === type && span.durationNs < 5e6)).toBe(
      true,
    );
    expect(
      world.metric('front', 'http_server_request_duration_seconds_count', {
        http_response_status_code: '502',
      }),
    ).toBeGreaterThan(50);
  });

  it.each([
    ['go', 'i/o timeout', 'dial_timeout'],
    ['node', 'connect ETIMEDOUT', 'ETIMEDOUT'],
    ['java', 'SocketTimeoutException: Connect timed out', 'java.net.SocketTimeoutException'],
    ['python', 'ConnectTimeoutError', 'ConnectTimeoutError'],
  ] as const)('dropped packets end in a connect timeout in %s', (runtime, text, type) => {
    const world = new SmallWorld([back(), front(runtime), users()]);
    world.network.dropped.add('front-0>back.shop');
    const started = world.startAll();
    world.run(10);
    expect(started.front!.lines.some((line) => line.includes(text))).toBe(true);
    const failed = world.spans((span) => span.kind === 'CLIENT' && span.resource['service.name'] === 'front');
    expect(failed.length).toBeGreaterThan(50);
    for (const span of failed) {
      expect(span.attributes['error.type']).toBe(type);
      expect(span.durationNs / 1e6).toBeCloseTo(700, 0);
    }
  });

  it.each([
    ['go', 'lookup back on 10.96.0.10:53: no such host'],
    ['node', 'getaddrinfo ENOTFOUND back'],
    ['java', 'java.net.UnknownHostException: back'],
    ['python', "Failed to resolve 'back'"],
  ] as const)('an unknown name is told apart in %s', (runtime, text) => {
    const world = new SmallWorld([front(runtime), users()]);
    const started = world.startAll();
    world.run(5);
    expect(started.front!.lines.some((line) => line.includes(text))).toBe(true);
  });

  it.each([
    ['go', 'context deadline exceeded'],
    ['node', 'timeout of 1500ms exceeded'],
    ['java', 'HttpTimeoutException: request timed out'],
    ['python', 'Read timed out. (read timeout=1.50)'],
  ] as const)('a slow answer is a request timeout in %s, and a 504', (runtime, text) => {
    const slow = back({ routes: [{ method: 'GET', path: '/data', steps: [{ wait: 60_000 }] }] });
    const world = new SmallWorld([slow, front(runtime), users()], { rate: 5 });
    const started = world.startAll();
    world.run(20);
    expect(started.front!.lines.some((line) => line.includes(text))).toBe(true);
    expect(
      world.metric('front', 'http_server_request_duration_seconds_count', {
        http_response_status_code: '504',
      }),
    ).toBeGreaterThan(20);
  });

  it('passes an upstream 500 on as 502 with its status, and a declined 402 as it is', () => {
    const failing = back({
      routes: [
        {
          method: 'GET',
          path: '/data',
          steps: [
            { respond: 500, probability: 0.3, message: 'boom' },
            { respond: 402, probability: 0.3, message: 'declined' },
          ],
        },
      ],
    });
    const world = new SmallWorld([failing, front('go'), users()]);
    const started = world.startAll();
    world.run(20);
    const count = (status: string): number =>
      world.metric('front', 'http_server_request_duration_seconds_count', {
        http_response_status_code: status,
      });
    expect(count('502')).toBeGreaterThan(30);
    expect(count('402')).toBeGreaterThan(20);
    expect(count('200')).toBeGreaterThan(60);
    expect(
      started.front!.lines.some((line) =>
        line.includes('back: unexpected status: 500 Internal Server Error'),
      ),
    ).toBe(true);
    expect(started.back!.lines.some((line) => line.includes('boom'))).toBe(true);
  });

  it('keeps connections and survives a policy that drops new ones', () => {
    const world = new SmallWorld([back(), front('go'), users()]);
    world.startAll();
    world.run(20);
    const before = world.network.connects;
    world.network.dropped.add('front-0>back.shop');
    world.run(20);
    expect(
      world.metric('front', 'http_client_request_duration_seconds_count', { error_type: 'dial_timeout' }),
    ).toBeLessThan(5);
    expect(world.network.connects).toBeGreaterThan(before);
  });

  it('feels a policy at once when connections are not kept, and within their age when they are', () => {
    const seen = [0, 5000].map((age) => {
      const keepAlive = age === 0 ? { idleMs: 0 } : { maxAgeMs: age };
      const world = new SmallWorld([back(), front('go', { keepAlive }), users()], { rate: 20 });
      world.startAll();
      world.run(20);
      world.network.dropped.add('front-0>back.shop');
      world.run(2);
      const early = world.metric('front', 'http_client_request_duration_seconds_count', {
        error_type: 'dial_timeout',
      });
      world.run(10);
      return [
        early,
        world.metric('front', 'http_client_request_duration_seconds_count', { error_type: 'dial_timeout' }),
      ] as const;
    });
    expect(seen[0]![0]).toBeGreaterThan(10);
    expect(seen[1]![0]).toBeLessThan(seen[0]![0]);
    expect(seen[1]![1]).toBeGreaterThan(50);
  });

  it('retries a safe request, a span for each attempt, and succeeds', () => {
    const flaky = back({
      routes: [
        { method: 'GET', path: '/data', steps: [{ respond: 503, probability: 0.4, message: 'busy' }] },
      ],
    });
    const world = new SmallWorld([flaky, front('go', { retries: { attempts: 4, backoffMs: 20 } }), users()]);
    world.startAll();
    world.run(30);
    const ok = world.metric('front', 'http_server_request_duration_seconds_count', {
      http_response_status_code: '200',
    });
    const bad = world.metric('front', 'http_server_request_duration_seconds_count', {
      http_response_status_code: '502',
    });
    expect(bad / (ok + bad)).toBeLessThan(0.06);
    expect(bad).toBeGreaterThan(0);
    expect(world.spans((span) => span.attributes['http.request.resend_count'] === 2).length).toBeGreaterThan(
      10,
    );
  });

  it('gets a reset when the other process dies, and silence when its node stops', () => {
    const slow = back({ routes: [{ method: 'GET', path: '/data', steps: [{ wait: 300 }] }] });
    const world = new SmallWorld([slow, front('node'), users()], { rate: 30 });
    const started = world.startAll();
    world.run(20);
    started.back!.process.kill();
    world.run(1);
    expect(started.front!.lines.some((line) => line.includes('socket hang up'))).toBe(true);
    const again = world.start('back', { replica: 1 });
    world.network.remove('shop', 'back', started.back!.pod.uid);
    world.run(20);
    again.process.setReachable(false);
    world.run(5);
    expect(started.front!.lines.some((line) => line.includes('timeout of 1500ms exceeded'))).toBe(true);
    expect(started.front!.lines.some((line) => line.includes('ETIMEDOUT'))).toBe(true);
    again.process.setReachable(true);
    const failures = world.metric('front', 'http_client_request_duration_seconds_count', {
      error_type: 'ETIMEDOUT',
    });
    world.run(20);
    expect(
      world.metric('front', 'http_client_request_duration_seconds_count', { error_type: 'ETIMEDOUT' }),
    ).toBeLessThan(failures + 30);
  });

  it('keeps failed traces of a further share, whole, and no others of it', () => {
    const flaky = back({
      routes: [{ method: 'GET', path: '/data', steps: [{ respond: 500, probability: 0.2, message: 'no' }] }],
    });
    const traces = (errorSampling: number): Map<string, string[]> => {
      const world = new SmallWorld([flaky, front('go'), users()], { sampling: 0.1, errorSampling });
      world.startAll();
      world.run(60);
      return Map.groupBy(world.spans(), (span) => span.traceId) as never;
    };
    const without = traces(0);
    const further = [...traces(0.5)].filter(([id]) => !without.has(id)) as unknown as [
      string,
      { status: string }[],
    ][];
    expect(further.length).toBeGreaterThan(30);
    for (const [, spans] of further) {
      expect(spans.some((span) => span.status === 'ERROR')).toBe(true);
      expect(spans.length).toBe(4);
    }
  });

  it('keeps its log readable in a storm', () => {
    const world = new SmallWorld([front('go'), users()], { rate: 200 });
    const started = world.startAll();
    world.run(60);
    expect(world.metric('front', 'http_server_request_duration_seconds_count')).toBeGreaterThan(10_000);
    expect(started.front!.lines.length).toBeLessThan(60 * 7);
  });
});
