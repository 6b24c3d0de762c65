import { describe, expect, it } from 'vitest';
import type { Program } from '../../../../src/spec/program.ts';
import { program, SmallWorld, users } from './small-world.ts';

const env = { POSTGRES_USER: 'app', POSTGRES_PASSWORD: 'secret' };
const front = (rest: Partial<Program> = {}, workMs = 20): Program =>
  program('front', {
    runtime: 'node',
    settings: [
      { name: 'POOL', type: 'integer', summary: 'x', default: '5' },
      { name: 'PASSWORD', type: 'secret', summary: 'x', default: 'secret' },
    ],
    upstreams: [
      {
        name: 'db',
        protocol: 'postgres',
        address: 'db:5432',
        user: 'app',
        password: '$PASSWORD',
        database: 'shop',
        pool: { max: '$POOL', acquireTimeoutMs: 500 },
      },
    ],
    routes: [
      {
        method: 'GET',
        path: '/page',
        steps: [{ query: 'db', statement: 'SELECT id FROM items WHERE id = $1', workMs }],
      },
    ],
    ...rest,
  });
const db = program('db', { kind: 'postgres', maxConnections: 20 });

describe('PostgreSQL behind a pool', () => {
  it('serves queries over few connections', () => {
    const world = new SmallWorld([db, front(), users()]);
    world.startAll({ db: { env } });
    world.run(30);
    expect(world.metric('db', 'pg_stat_database_numbackends')).toBeLessThanOrEqual(5);
    expect(world.metric('front', 'db_client_connections_max')).toBe(5);
    const [span] = world.spans((candidate) => candidate.attributes['db.system.name'] === 'postgresql');
    expect(span).toMatchObject({
      name: 'SELECT items',
      kind: 'CLIENT',
      attributes: { 'db.query.summary': 'SELECT items', 'server.address': 'db' },
    });
  });

  it('runs out of connections when the limit shrinks under load', () => {
    const world = new SmallWorld([db, front({}, 150), users()], { rate: 20 });
    const started = world.startAll({ db: { env }, front: { env: { POOL: '1' } } });
    world.run(30);
    expect(
      started.front!.lines.some((line) => line.includes('timeout exceeded when trying to connect')),
    ).toBe(true);
    expect(world.metric('front', 'db_client_connections_timeouts_total')).toBeGreaterThan(100);
    expect(world.metric('front', 'db_client_connections_usage', { state: 'used' })).toBe(1);
    expect(world.metric('front', 'db_client_connections_pending_requests')).toBeGreaterThan(2);
    expect(started.db!.lines.join()).not.toContain('FATAL');
  });

  it('leaks connections in a release that does, until none is left; the database keeps them all', () => {
    const leaky = front({
      releases: [
        { tag: '1' },
        { tag: '2', changes: { upstreams: [{ name: 'db', pool: { leakRatio: 0.05 } }] } },
      ],
    });
    const world = new SmallWorld([db, leaky, users()]);
    const started = world.startAll({ db: { env }, front: { tag: '2' } });
    world.run(5);
    expect(
      world.metric('front', 'http_server_request_duration_seconds_count', {
        http_response_status_code: '200',
      }),
    ).toBeGreaterThan(5);
    world.run(60);
    expect(world.metric('front', 'db_client_connections_usage', { state: 'used' })).toBe(5);
    expect(world.metric('db', 'pg_stat_database_numbackends')).toBe(5);
    expect(
      started.front!.lines.some((line) => line.includes('timeout exceeded when trying to connect')),
    ).toBe(true);
    expect(
      world.metric('front', 'http_server_request_duration_seconds_count', {
        http_response_status_code: '500',
      }),
    ).toBeGreaterThan(200);
  });

  it('refuses more clients than it may have', () => {
    const world = new SmallWorld([db, front({}, 300), users()], { rate: 60 });
    const started = world.startAll({
      db: { env, args: ['-c', 'max_connections=3'] },
      front: { env: { POOL: '50' } },
    });
    world.run(10);
    expect(started.front!.lines.some((line) => line.includes('sorry, too many clients already'))).toBe(true);
    expect(started.db!.lines.some((line) => line.includes('FATAL:  sorry, too many clients already'))).toBe(
      true,
    );
    expect(world.spans((span) => span.attributes['error.type'] === '53300').length).toBeGreaterThan(20);
  });

  it('refuses a wrong password', () => {
    const world = new SmallWorld([db, front(), users()]);
    const started = world.startAll({ db: { env }, front: { env: { PASSWORD: 'old' } } });
    world.run(10);
    expect(
      started.front!.lines.some((line) => line.includes('password authentication failed for user \\"app\\"')),
    ).toBe(true);
    expect(
      started.db!.lines.some((line) =>
        line.includes('FATAL:  password authentication failed for user "app"'),
      ),
    ).toBe(true);
  });

  it('is slow when it is short of CPU', () => {
    const mean = (cpuLimitMillis: number): number => {
      const world = new SmallWorld([db, front(), users()], { rate: 20 });
      world.startAll({ db: { env, cpuLimitMillis } });
      world.run(30);
      return (
        world.metric('front', 'db_client_operation_duration_seconds_sum') /
        world.metric('front', 'db_client_operation_duration_seconds_count')
      );
    };
    expect(mean(280)).toBeGreaterThan(1.5 * mean(2000));
  });
});

describe('NATS and Redis', () => {
  const nats = program('nats', { kind: 'nats' });
  const publisher = program('front', {
    upstreams: [{ name: 'nats', protocol: 'nats', address: 'nats:4222' }],
    routes: [{ method: 'GET', path: '/page', steps: [{ publish: 'nats', subject: 'orders.placed' }] }],
  });
  const worker = (work: object): Program =>
    program('worker', {
      upstreams: [{ name: 'nats', protocol: 'nats', address: 'nats:4222' }],
      subscriptions: [
        {
          upstream: 'nats',
          subject: 'orders.placed',
          group: 'workers',
          concurrency: 2,
          steps: [work as never],
        },
      ],
    });

  it('delivers each message to one of a group, in the trace of its producer', () => {
    const world = new SmallWorld([nats, worker({ wait: 20 }), publisher, users()]);
    world.start('nats');
    world.start('worker');
    world.start('worker', { replica: 1 });
    world.start('front');
    world.run(3);
    world.start('users');
    world.run(30);
    const published = world.metric('nats', 'nats_varz_in_msgs');
    expect(published).toBeGreaterThan(200);
    const consumed = world.metric('worker', 'messaging_client_consumed_messages_total', {
      outcome: 'success',
    });
    expect(Math.abs(published - consumed)).toBeLessThan(3);
    const consumer = world.spans((span) => span.kind === 'CONSUMER')[0]!;
    const producer = world.spans((span) => span.spanId === consumer.parentSpanId)[0]!;
    expect(producer).toMatchObject({ kind: 'PRODUCER', traceId: consumer.traceId });
  });

  it('builds up lag when consumers are too slow or gone, and delivers it later', () => {
    const world = new SmallWorld([nats, worker({ wait: 50 }), publisher, users()]);
    const started = world.startAll();
    world.run(10);
    const lag = (): number => world.metric('nats', 'nats_consumer_num_pending');
    expect(lag()).toBeLessThan(3);
    started.worker!.process.kill();
    world.run(20);
    expect(lag()).toBeGreaterThan(100);
    world.start('worker', { replica: 1 });
    world.run(30);
    expect(lag()).toBeLessThan(10);
  });

  it('delivers again what failed, at most five times', () => {
    const world = new SmallWorld(
      [nats, worker({ respond: 500, probability: 0.5, message: 'failed' }), publisher, users()],
      { rate: 3 },
    );
    world.startAll();
    world.run(60);
    expect(world.metric('nats', 'nats_consumer_num_redelivered')).toBeGreaterThan(50);
    expect(
      world.metric('worker', 'messaging_client_consumed_messages_total', { outcome: 'error' }),
    ).toBeGreaterThan(50);
  });

  it('reconnects to a broker that was restarted', () => {
    const world = new SmallWorld([nats, worker({ work: 1 }), publisher, users()]);
    const started = world.startAll();
    world.run(10);
    started.nats!.process.kill();
    world.run(5);
    world.start('nats', { replica: 1 });
    world.network.remove('shop', 'nats', started.nats!.pod.uid);
    world.run(20);
    const before = world.metric('worker', 'messaging_client_consumed_messages_total', { outcome: 'success' });
    world.run(10);
    expect(
      world.metric('worker', 'messaging_client_consumed_messages_total', { outcome: 'success' }),
    ).toBeGreaterThan(before + 50);
    expect(started.worker!.lines.some((line) => line.includes('reconnecting'))).toBe(true);
  });

  it('runs the miss steps without the cache, and refuses a wrong password', () => {
    const cached = program('front', {
      settings: [{ name: 'PASSWORD', type: 'secret', summary: 'x', default: 'right' }],
      upstreams: [
        { name: 'redis', protocol: 'redis', address: 'redis:6379', password: '$PASSWORD' },
        { name: 'back', protocol: 'http', address: 'back:8080' },
      ],
      routes: [
        {
          method: 'GET',
          path: '/page',
          steps: [
            {
              cache: 'redis',
              command: 'GET item',
              hitRatio: 0.8,
              optional: true,
              miss: [{ call: 'back', route: 'GET /data' }],
            },
          ],
        },
      ],
    });
    const back = program('back', { routes: [{ method: 'GET', path: '/data', steps: [{ work: 1 }] }] });
    const redis = program('redis', { kind: 'redis' });
    const misses = [undefined, { env: { PASSWORD: 'wrong' } }].map((options) => {
      const world = new SmallWorld([redis, back, cached, users()]);
      const started = world.startAll({
        redis: { env: { REDIS_PASSWORD: 'right' } },
        ...(options === undefined ? {} : { front: options }),
      });
      world.run(30);
      const all = world.metric('front', 'http_server_request_duration_seconds_count', {
        http_response_status_code: '200',
      });
      return {
        ratio: world.metric('back', 'http_server_request_duration_seconds_count') / all,
        lines: started.front!.lines.join('\n'),
      };
    });
    expect(misses[0]!.ratio).toBeGreaterThan(0.12);
    expect(misses[0]!.ratio).toBeLessThan(0.28);
    expect(misses[1]!.ratio).toBeCloseTo(1, 1);
    expect(misses[1]!.lines).toContain('WRONGPASS');
  });
});
