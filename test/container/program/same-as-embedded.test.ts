import { beforeAll, describe, expect, it } from 'vitest';
import type { Program } from '../../../src/spec/program.ts';
import type { Span } from '../../../src/spec/telemetry.ts';
import { program, SmallWorld } from '../../cluster/embedded/processes/small-world.ts';
import { freePort, LocalPrograms, until } from './local-programs.ts';

const address = (name: string) =>
  ({ name: `${name.toUpperCase()}_ADDRESS`, type: 'address', summary: name, required: true }) as const;

/** A service in each runtime that does everything services do to one another over HTTP. */
function programs(runtime: NonNullable<Program['runtime']>): Program[] {
  const back = program('back', {
    runtime,
    accessLogRatio: 1,
    routes: [
      { method: 'GET', path: '/items/{id}', steps: [{ work: 1 }] },
      { method: 'POST', path: '/items', steps: [{ respond: 500, probability: 1, message: 'disk full' }] },
      {
        method: 'GET',
        path: '/declined',
        steps: [{ respond: 402, probability: 1, message: 'card declined' }],
      },
      { method: 'GET', path: '/slow', steps: [{ wait: 4000 }] },
    ],
    periodic: [{ name: 'refresh', everyMs: 900, steps: [{ work: 1 }, { log: 'refreshed' }] }],
  });
  const front = program('front', {
    runtime,
    accessLogRatio: 1,
    settings: [address('back'), address('gone')],
    upstreams: [
      {
        name: 'back',
        protocol: 'http',
        address: '$BACK_ADDRESS',
        timeoutMs: 1500,
        retries: { attempts: 2, backoffMs: 5 },
      },
      { name: 'gone', protocol: 'http', address: '$GONE_ADDRESS', timeoutMs: 1500 },
    ],
    routes: [
      {
        method: 'GET',
        path: '/page',
        steps: [
          { parallel: [[{ call: 'back', route: 'GET /items/{id}' }], [{ work: 1 }]] },
          { call: 'gone', route: 'GET /x', optional: true },
          { log: 'page made' },
        ],
      },
      { method: 'POST', path: '/buy', steps: [{ call: 'back', route: 'POST /items' }] },
      { method: 'GET', path: '/pay', steps: [{ call: 'back', route: 'GET /declined' }] },
      { method: 'GET', path: '/wait', steps: [{ call: 'back', route: 'GET /slow' }] },
      { method: 'GET', path: '/gone', steps: [{ call: 'gone', route: 'GET /x' }] },
    ],
  });
  const users = program('users', {
    kind: 'load-generator',
    runtime,
    settings: [address('front')],
    upstreams: [{ name: 'front', protocol: 'http', address: '$FRONT_ADDRESS', timeoutMs: 20_000 }],
    journeys: [
      {
        name: 'all',
        weight: 1,
        requests: ['GET /page', 'POST /buy', 'GET /pay', 'GET /wait', 'GET /gone', 'GET /nowhere'].map(
          (route) => ({
            route,
            thinkMs: 10,
          }),
        ),
      },
    ],
  });
  return [back, front, users];
}

/** Addresses and numbers are not alike; everything else is. */
const plain = (text: string): string =>
  text
    .replace(/(\d+\.){3}\d+:\d+/g, 'HOST')
    .replace(/(\d+\.){3}\d+/g, 'IP')
    .replace(/\b(back|gone|front):\d+/g, 'HOST')
    .replace(/\b(back|gone|front)\b(?=\/(?:IP|HOST)|', port|: |$)/g, 'IP')
    .replace(/port=\d+/g, 'port=N');

function spanShape(span: Span): string {
  const { attributes, resource } = span;
  const names = Object.keys(attributes)
    .filter((name) => name !== 'http.request.resend_count')
    .sort()
    .map((name) =>
      ['error.type', 'http.response.status_code', 'peer.service', 'url.template', 'http.route'].includes(name)
        ? `${name}=${attributes[name]}`
        : name,
    );
  const events = (span.events ?? []).map(
    ({ name, attributes: own }) =>
      `${name} ${own['exception.type']} ${plain(own['exception.message'] ?? '')}`,
  );
  const root = span.parentSpanId === undefined ? 'root' : 'child';
  return [
    `${resource['service.name']} ${resource['telemetry.sdk.language']} ${root} ${span.kind} ${span.name} ${span.status}`,
    plain(span.statusMessage ?? ''),
    ...events,
    names.join(' '),
  ].join(' | ');
}

/** A line without what varies: times, ids, durations. */
const lineShape = (service: string, line: string): string =>
  `${service} ${plain(line)
    .replace(/\d{4}-\d\d-\d\d[T ][\d:.,]+Z?/g, 'TIME')
    .replace(/"time":\d+/, '"time":N')
    .replace(/[0-9a-f]{32}/g, 'TRACE')
    .replace(/[0-9a-f]{16}/g, 'SPAN')
    .replace(/duration_ms"?[:=][\d.]+/g, 'duration_ms=N')
    .replace(/exec-\d+/g, 'exec-N')
    .replace(/port"?[:=]\d+/g, 'port=N')}`;

const seriesShape = (service: string, name: string, labels: Readonly<Record<string, string>>): string =>
  `${service} ${name} ${Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}=${label === 'server_address' ? 'IP' : value}`)
    .join(',')}`;

interface Seen {
  readonly spans: Set<string>;
  readonly lines: Set<string>;
  readonly series: Set<string>;
}

function embedded(all: readonly Program[]): Seen {
  const world = new SmallWorld(all, { rate: 12 });
  const started = world.startAll({
    front: { env: { BACK_ADDRESS: 'back:8080', GONE_ADDRESS: 'gone:8080' } },
    users: { env: { FRONT_ADDRESS: 'front:8080' } },
  });
  world.network.add('shop', 'gone', { ...started.back!.pod, name: 'gone-0', uid: 'no such pod' });
  world.run(40);
  const series = new Set<string>();
  for (const target of world.targets)
    target.scrape((name, labels) => series.add(seriesShape(target.labels.service ?? '', name, labels)));
  return {
    spans: new Set(world.spans().map(spanShape)),
    lines: new Set(
      Object.entries(started).flatMap(([name, { lines }]) => lines.map((line) => lineShape(name, line))),
    ),
    series,
  };
}

async function local(all: readonly Program[]): Promise<Seen> {
  const [back, front, users] = all;
  const world = await new LocalPrograms().open();
  try {
    const started = { back: await world.start(back!) } as Record<
      string,
      Awaited<ReturnType<typeof world.start>>
    >;
    started.front = await world.start(front!, {
      BACK_ADDRESS: `127.0.0.1:${started.back!.port}`,
      GONE_ADDRESS: `127.0.0.1:${await freePort()}`,
    });
    await started.back!.ready();
    await started.front.ready();
    started.users = await world.start(users!, {
      FRONT_ADDRESS: `127.0.0.1:${started.front.port}`,
      REQUESTS_PER_SECOND: '12',
    });
    const walked = (name: string): number => world.spans.filter((span) => span.name === name).length;
    await until(
      () =>
        walked('GET /nowhere') > 5 &&
        world.spans.some((span) => span.name === 'GET /slow' && span.kind === 'SERVER'),
      60_000,
    );
    const series = new Set<string>();
    for (const [service, process] of Object.entries(started)) {
      const text = await (await process.fetch('/metrics')).text();
      for (const line of text.trim().split('\n')) {
        const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})? /.exec(line) ?? [];
        const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, k = '', v = '']) => [k, v]);
        series.add(seriesShape(service, name, Object.fromEntries(pairs)));
      }
    }
    return {
      spans: new Set(world.spans.map(spanShape)),
      lines: new Set(
        Object.entries(started).flatMap(([name, { lines }]) => lines.map((line) => lineShape(name, line))),
      ),
      series,
    };
  } finally {
    await world.close();
  }
}

describe.each(['go', 'java'] as const)('a real process in the look of %s', (runtime) => {
  let modelled: Seen;
  let real: Seen;
  beforeAll(async () => {
    const all = programs(runtime);
    modelled = embedded(all);
    real = await local(all);
  });

  it.each(['spans', 'lines', 'series'] as const)('has the same %s as the embedded one', (signal) => {
    expect(modelled[signal].size).toBeGreaterThan(9);
    expect([...real[signal]].sort()).toEqual([...modelled[signal]].sort());
  });
});
