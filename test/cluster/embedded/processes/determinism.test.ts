import { describe, expect, it } from 'vitest';
import type { Program } from '../../../../src/spec/program.ts';
import { program, SmallWorld } from './small-world.ts';

const http = (
  name: string,
  steps: NonNullable<Program['routes']>[number]['steps'],
  upstreams: string[] = [],
): Program =>
  program(name, {
    upstreams: upstreams.map((upstream) => ({
      name: upstream,
      protocol: 'http' as const,
      address: `${upstream}:8080`,
    })),
    routes: [{ method: 'GET', path: '/x', steps }],
  });

function world(seed: number, badRatio: number): SmallWorld {
  const traffic = program('users', {
    kind: 'load-generator',
    upstreams: [{ name: 'front', protocol: 'http', address: 'front:8080' }],
    journeys: [
      { name: 'two', weight: 2, requests: [{ route: 'GET /x', thinkMs: 700 }, { route: 'GET /x' }] },
      { name: 'one', weight: 1, requests: [{ route: 'GET /x' }] },
    ],
  });
  const small = new SmallWorld(
    [
      http('good', [{ work: 3 }]),
      http('bad', [{ respond: 500, probability: badRatio, message: 'no' }, { work: 1 }]),
      http(
        'front',
        [
          {
            parallel: [
              [{ call: 'good', route: 'GET /x' }],
              [{ call: 'bad', route: 'GET /x', optional: true }],
            ],
          },
          { chance: 0.3, steps: [{ work: 4 }] },
        ],
        ['good', 'bad'],
      ),
      traffic,
    ],
    { seed, rate: 15, sampling: 0.5 },
  );
  small.startAll();
  small.run(60);
  return small;
}

describe('randomness', () => {
  it('gives the same spans and metrics for the same seed, others for another', () => {
    const dump = (small: SmallWorld): string => JSON.stringify(small.spans());
    const first = dump(world(1, 0.2));
    expect(dump(world(1, 0.2))).toBe(first);
    expect(dump(world(2, 0.2))).not.toBe(first);
  });

  it('does not let the failure of one service change what happens elsewhere', () => {
    const healthy = world(1, 0);
    const broken = world(1, 0.5);
    const shape = (small: SmallWorld): string[] =>
      small
        .spans((span) => span.resource['service.name'] === 'good')
        .map((span) => `${span.traceId} ${span.spanId} ${Math.round(span.durationNs / 1e4)}`)
        .sort();
    expect(shape(broken)).toEqual(shape(healthy));
    expect(broken.spans((span) => span.status === 'ERROR').length).toBeGreaterThan(50);
  });

  it('offers the rate asked for and follows the load factor', () => {
    const small = world(3, 0);
    const count = (): number => small.metric('front', 'http_server_request_duration_seconds_count');
    const before = count();
    expect(before / 60).toBeGreaterThan(12);
    expect(before / 60).toBeLessThan(18);
    small.runtime.setLoadFactor(3);
    small.run(60);
    expect((count() - before) / 60).toBeGreaterThan(36);
  });

  it('samples whole traces', () => {
    const small = world(1, 0.2);
    const traces = new Set(small.spans().map((span) => span.traceId)).size;
    const requests = small.metric('front', 'http_server_request_duration_seconds_count');
    expect(traces / requests).toBeGreaterThan(0.4);
    expect(traces / requests).toBeLessThan(0.6);
    const roots = small.spans((span) => span.parentSpanId === undefined);
    expect(roots.length).toBeGreaterThanOrEqual(traces - 3);
  });
});
