import { describe, expect, it } from 'vitest';
import { program, SmallWorld, users } from './small-world.ts';

const page = [{ method: 'GET', path: '/page', steps: [{ work: 10 }] }];

describe('the life of a process', () => {
  it('says which setting is wrong and exits 1', () => {
    const settings = [
      { name: 'DB_POOL_SIZE', type: 'integer' as const, summary: 'x', required: true, minimum: 1 },
      { name: 'PAYMENT_ADDR', type: 'address' as const, summary: 'x', required: true },
    ];
    const world = new SmallWorld([program('front', { settings, routes: page })]);
    const wrong = world.start('front', { env: { DB_POOL_SIZE: 'ten' } });
    const right = world.start('front', {
      replica: 1,
      env: { DB_POOL_SIZE: '10', PAYMENT_ADDR: 'payment:8080' },
    });
    world.run(5);
    expect(wrong.lines.join('\n')).toContain(
      'invalid value for DB_POOL_SIZE: strconv.Atoi: parsing \\"ten\\": invalid syntax',
    );
    expect(wrong.lines.join('\n')).toContain('required environment variable PAYMENT_ADDR is not set');
    expect(wrong.exits).toMatchObject([{ code: 1, oomKilled: false }]);
    expect(right.exits).toEqual([]);
  });

  it('refuses before it listens, is ready when its needs are met, drains on SIGTERM', () => {
    const front = program('front', {
      startupMs: 2000,
      upstreams: [
        {
          name: 'db',
          protocol: 'postgres',
          address: 'db:5432',
          user: 'app',
          password: 'secret',
          pool: { max: 3 },
        },
      ],
      readyNeeds: ['db'],
      routes: page,
    });
    const db = program('db', { kind: 'postgres', startupMs: 6000 });
    const world = new SmallWorld([db, front, users()], { rate: 20 });
    const started = world.startAll({ db: { env: { POSTGRES_USER: 'app', POSTGRES_PASSWORD: 'secret' } } });
    const seen: (number | 'refused')[] = [];
    const probe = (path: string): void =>
      started.front!.process.probeHttp(8080, path, (status) => seen.push(status));
    world.run(1);
    probe('/healthz');
    world.run(3);
    probe('/healthz');
    probe('/readyz');
    world.run(6);
    probe('/readyz');
    world.run(10);
    expect(seen).toEqual(['refused', 200, 503, 200]);
    started.db!.process.kill();
    probe('/readyz');
    probe('/healthz');
    world.run(2);
    expect(seen.slice(4).sort()).toEqual([200, 503]);
    const before = world.metric('users', 'http_client_request_duration_seconds_count', {
      error_type: 'ConnectionResetError',
    });
    started.front!.process.terminate();
    world.network.remove('shop', 'front');
    world.run(5);
    expect(started.front!.exits).toMatchObject([{ code: 0 }]);
    expect(
      world.metric('users', 'http_client_request_duration_seconds_count', {
        error_type: 'ConnectionResetError',
      }),
    ).toBe(before);
  });

  it('is throttled at its limit: slower, with throttled periods', () => {
    const run = (cpuLimitMillis: number | undefined) => {
      const world = new SmallWorld([program('front', { routes: page }), users()], { rate: 25 });
      const started = world.startAll(cpuLimitMillis === undefined ? {} : { front: { cpuLimitMillis } });
      world.run(60);
      const sum = world.metric('front', 'http_server_request_duration_seconds_sum');
      return {
        mean: sum / world.metric('front', 'http_server_request_duration_seconds_count'),
        usage: started.front!.process.usage(),
      };
    };
    const free = run(undefined);
    const tight = run(300);
    expect(free.mean).toBeLessThan(0.014);
    expect(tight.mean).toBeGreaterThan(2 * free.mean);
    expect(tight.usage.cfsThrottledPeriodsTotal).toBeGreaterThan(50);
    expect(tight.usage.cpuSecondsTotal).toBeGreaterThan(10);
    expect(tight.usage.cpuSecondsTotal).toBeLessThan(60 * 0.3 + 1);
    expect(free.usage.cfsThrottledPeriodsTotal).toBe(0);
  });

  it('is killed when what it holds passes the limit, at the start or under load', () => {
    const memory = { baseMiB: 60, perRequestKiB: 2048 };
    const slow = [{ method: 'GET', path: '/page', steps: [{ wait: 500 }] }];
    const world = new SmallWorld([program('front', { memory, routes: slow }), users()], { rate: 2 });
    const small = world.start('front', { replica: 1, memoryLimitMiB: 50 });
    const fits = world.start('front', { memoryLimitMiB: 90 });
    world.start('users');
    world.run(60);
    expect(small.exits).toMatchObject([{ code: 137, oomKilled: true }]);
    expect(small.exits[0]!.atMs).toBeLessThan(2000);
    expect(fits.exits).toEqual([]);
    world.network.remove('shop', 'front', small.pod.uid);
    world.runtime.setLoadFactor(30);
    world.run(30);
    expect(fits.exits).toMatchObject([{ code: 137, oomKilled: true }]);
    expect(fits.process.usage().memoryWorkingSetBytes).toBeGreaterThan(85 * 1024 ** 2);
  });

  it('leaks until it dies', () => {
    const leaking = [{ method: 'GET', path: '/page', steps: [{ allocate: 200, leak: true }] }];
    const world = new SmallWorld([program('front', { memory: { baseMiB: 40 }, routes: leaking }), users()]);
    const started = world.startAll({ front: { memoryLimitMiB: 100 } });
    world.run(10);
    const early = started.front!.process.usage().memoryWorkingSetBytes;
    world.run(10);
    expect(started.front!.process.usage().memoryWorkingSetBytes - early).toBeGreaterThan(15 * 1024 ** 2);
    world.run(30);
    expect(started.front!.exits).toMatchObject([{ oomKilled: true }]);
  });

  it('answers 503 beyond concurrency and backlog', () => {
    const slow = [{ method: 'GET', path: '/page', steps: [{ wait: 1000 }] }];
    const world = new SmallWorld([
      program('front', { concurrency: { max: 2, backlog: 3 }, routes: slow }),
      users(),
    ]);
    const started = world.startAll();
    world.run(30);
    expect(
      world.metric('front', 'http_server_request_duration_seconds_count', {
        http_response_status_code: '503',
      }),
    ).toBeGreaterThan(100);
    expect(started.front!.lines.some((line) => line.includes('server overloaded'))).toBe(true);
  });

  it('is scraped once it listens, fails to be while it is away, and forgotten with its pod', () => {
    const world = new SmallWorld([program('front', { startupMs: 2000, routes: page })]);
    const first = world.start('front');
    const up = (): boolean[] => world.targets.map((target) => target.scrape(() => undefined));
    expect(world.targets[0]!.labels).toMatchObject({
      service: 'front',
      namespace: 'shop',
      pod: 'front-0',
      container: 'front',
    });
    world.run(1);
    expect(up()).toEqual([false]);
    world.run(3);
    expect(up()).toEqual([true]);
    first.process.setReachable(false);
    expect(up()).toEqual([false]);
    first.process.setReachable(true);
    expect(up()).toEqual([true]);
    first.process.kill();
    expect(up()).toEqual([false]);
    world.start('front');
    world.run(4);
    expect(up()).toEqual([true]);
    world.runtime.forgetPod(first.pod.uid);
    expect(world.targets).toEqual([]);
  });

  it('knows its images: releases change behaviour, unknown ones cannot be pulled', () => {
    const front = program('front', {
      routes: page,
      releases: [
        { tag: '1' },
        {
          tag: '2',
          changes: {
            routes: [
              { method: 'GET', path: '/page', steps: [{ respond: 500, probability: 1, message: 'bug' }] },
            ],
          },
        },
      ],
    });
    const world = new SmallWorld([front, users()]);
    expect(world.runtime.pull('test/front:2')).toMatchObject({ ok: true });
    expect(world.runtime.pull('registry.k8s.io/pause:3.10')).toMatchObject({ ok: true });
    expect(world.runtime.pull('test/front:3')).toEqual({
      ok: false,
      message: 'failed to resolve reference "docker.io/test/front:3": docker.io/test/front:3: not found',
    });
    world.start('front', { tag: '2' });
    world.start('users');
    world.run(10);
    expect(
      world.metric('front', 'http_server_request_duration_seconds_count', {
        http_response_status_code: '500',
      }),
    ).toBeGreaterThan(30);
  });
});
