import { expect, it } from 'vitest';
import { compileProgram } from '../../src/workload/compile.ts';
import type { Host } from '../../src/workload/host.ts';
import { LoadGenerator } from '../../src/workload/load-generator.ts';
import { readSettings } from '../../src/workload/settings.ts';
import type { Task } from '../../src/workload/task.ts';
import type { Upstream } from '../../src/workload/upstream.ts';

/** What users ask for in half a minute, and when, from `originSecond` on; time passes only here, and timers may be late. */
function asked(
  originSecond: number | undefined,
  startMs: number,
  lateMs = 0,
): { requests: string[]; traces: Set<string> } {
  const program = compileProgram(
    {
      name: 'users',
      kind: 'load-generator',
      image: 'x/users',
      tag: '1',
      startupMs: 0,
      upstreams: [{ name: 'edge', protocol: 'http', address: 'edge:80' }],
      journeys: ['a', 'b', 'c'].map((name) => ({
        name,
        weight: 1,
        requests: [{ route: `GET /${name}`, thinkMs: 300 }, { route: `POST /${name}` }],
      })),
    },
    readSettings([], {}, 'go').settings,
  );
  let now = startMs;
  const queue: { atMs: number; task: Task }[] = [];
  const requests: string[] = [];
  const traces = new Set<string>();
  const host: Host = {
    halted: false,
    identity: {
      seed: 3,
      namespace: 's',
      pod: 'p',
      node: 'n',
      podUid: 'u',
      container: 'c',
      traceSampling: 1,
      errorTraceSampling: 0,
    },
    spans: {
      record: (span) => {
        requests.push(`${((span.startMs - startMs) / 1000).toFixed(3)} ${span.shape.name}`);
        traces.add(span.trace.id);
      },
    },
    nowMs: () => now,
    defer() {},
    sleep: (task, ms) => void queue.push({ atMs: now + Math.max(0, ms) + lateMs, task }),
    compute: (task, ms) => void queue.push({ atMs: now + ms, task }),
    after: () => ({ cancel() {} }),
    open: (task: Task, upstream: Upstream) => later(() => task.resume(upstream.fail('refused', '10.0.0.1'))),
    hold() {},
    release() {},
    leak() {},
    listen() {},
    stopListening() {},
    write() {},
    exit() {},
    load: () => ({
      requestsPerSecond: 6,
      index: 0,
      count: 1,
      ...(originSecond === undefined ? {} : { originSecond }),
    }),
  };
  const soon: (() => void)[] = [];
  function later(call: () => void): void {
    soon.push(call);
  }
  new LoadGenerator(program, host).start();
  while (now < startMs + 30_000) {
    for (let call = soon.shift(); call !== undefined; call = soon.shift()) call();
    queue.sort((one, other) => one.atMs - other.atMs);
    const next = queue.shift();
    if (next === undefined) break;
    now = next.atMs;
    next.task.wake();
  }
  return { requests, traces };
}

it('users do the same in two runs from their origins on, in traces of their own', () => {
  const first = asked(1_700_000_000, 1_700_000_000_000);
  const second = asked(1_800_000_123, 1_800_000_123_000);
  expect(first.requests.length).toBeGreaterThan(100);
  expect(second.requests).toEqual(first.requests);
  expect([...second.traces].filter((id) => first.traces.has(id))).toEqual([]);
});

it('without an origin, what users do depends on the time', () => {
  const first = asked(undefined, 1_700_000_000_000);
  expect(asked(undefined, 1_700_000_000_000).requests).toEqual(first.requests);
  expect(asked(undefined, 1_800_000_123_000).requests).not.toEqual(first.requests);
});

it.each([1, 20])('timers that wake %d ms late make the same users, a moment later', (lateMs) => {
  const split = (line: string) => {
    const [seconds, ...name] = line.split(' ');
    return { seconds: Number(seconds), name: name.join(' ') };
  };
  const exact = asked(1_700_000_000, 1_700_000_000_000).requests.map(split);
  const late = asked(1_700_000_000, 1_700_000_000_000, lateMs).requests.map(split);
  for (const { seconds, name } of exact.filter((one) => one.seconds < 29))
    expect(
      late.findIndex(
        (one) =>
          one.name === name && one.seconds >= seconds && one.seconds < seconds + 0.004 * lateMs + 0.001,
      ),
      `${name} at ${seconds}`,
    ).toBeGreaterThanOrEqual(0);
  expect(Math.abs(late.length - exact.length)).toBeLessThan(5);
});
