import { expect, it } from 'vitest';
import type { Program } from '../../src/spec/program.ts';
import { releaseOf } from '../../src/workload/release.ts';

const program: Program = {
  name: 'orders',
  summary: 'x',
  kind: 'service',
  image: 'x/orders',
  memory: { baseMiB: 100, perRequestKiB: 10 },
  upstreams: [
    { name: 'db', protocol: 'postgres', address: '$DB', pool: { max: 5, acquireTimeoutMs: 100 } },
    { name: 'mail', protocol: 'http', address: 'mail:80' },
  ],
  routes: [
    { method: 'GET', path: '/a', steps: [{ work: 1 }] },
    { method: 'GET', path: '/b', steps: [{ work: 1 }] },
  ],
  releases: [
    { tag: '1' },
    {
      tag: '2',
      changes: {
        memory: { baseMiB: 120 },
        upstreams: [{ name: 'db', pool: { leakRatio: 0.1 } }],
        routes: [
          { method: 'GET', path: '/b', steps: [{ work: 9 }] },
          { method: 'POST', path: '/b', steps: [] },
        ],
        readyNeeds: ['db'],
      },
    },
  ],
};

it('merges upstreams by name, routes by method and path, objects by field', () => {
  const released = releaseOf(program, '2')!;
  expect(released.upstreams).toEqual([
    {
      name: 'db',
      protocol: 'postgres',
      address: '$DB',
      pool: { max: 5, acquireTimeoutMs: 100, leakRatio: 0.1 },
    },
    { name: 'mail', protocol: 'http', address: 'mail:80' },
  ]);
  expect(
    released.routes?.map((route) => [
      route.method,
      route.path,
      route.steps.length === 0 ? 0 : route.steps[0],
    ]),
  ).toEqual([
    ['GET', '/a', { work: 1 }],
    ['GET', '/b', { work: 9 }],
    ['POST', '/b', 0],
  ]);
  expect(released.memory).toEqual({ baseMiB: 120, perRequestKiB: 10 });
  expect(released.readyNeeds).toEqual(['db']);
});

it('leaves the description as it was, and knows only its tags', () => {
  expect(releaseOf(program, '1')).toMatchObject({ tag: '1', memory: { baseMiB: 100 } });
  expect(releaseOf(program, '1')?.upstreams?.[0]?.pool).toEqual({ max: 5, acquireTimeoutMs: 100 });
  expect(releaseOf(program, '3')).toBeUndefined();
});
