import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageStore } from '../../../src/cluster/kind/package-store.ts';
import { openNats } from '../../../src/container/program/nats-connection.ts';
import { openPostgres } from '../../../src/container/program/postgres-connection.ts';
import { openRedis } from '../../../src/container/program/redis-connection.ts';
import { Failure } from '../../../src/workload/failure.ts';
import type { Host, Link, Message, Outcome } from '../../../src/workload/host.ts';
import {
  cacheOperation,
  type Operation,
  publishOperation,
  queryOperation,
} from '../../../src/workload/operations.ts';
import { Task } from '../../../src/workload/task.ts';
import { Trace } from '../../../src/workload/tracing.ts';
import { Upstream, type UpstreamOptions } from '../../../src/workload/upstream.ts';
import { until } from '../../container/program/local-programs.ts';
import { docker, presentImage, runDocker } from './docker.ts';

const images = {
  redis: await presentImage('offline/redis', 'redis:7.2.5-bookworm'),
  postgres: await presentImage('offline/postgres', 'postgres:16.4-bookworm'),
  nats: await presentImage('offline/nats', 'nats:2.10.22-alpine'),
};
const started: string[] = [];

/** Starts a store and answers the name of its container. */
async function start(image: string, env: Record<string, string>, ...args: string[]): Promise<string> {
  const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const label = ['--label', process.env['CULPRIT_TEST_LABEL'] ?? 'culprit-test'];
  const id = await docker(
    ...['run', '-d', ...label, '--cap-drop', 'ALL', ...variables, await packageStore(image), ...args],
  );
  started.push(id);
  return id;
}

async function upstreamOf(container: string, options: Partial<UpstreamOptions>): Promise<Upstream> {
  const host = await docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', container);
  return new Upstream({
    name: 'store',
    protocol: 'redis',
    host,
    port: 6379,
    timeoutMs: 2000,
    connectTimeoutMs: 2000,
    attempts: 1,
    backoffMs: 100,
    idleMs: 30_000,
    maxAgeMs: 1e9,
    pool: undefined,
    user: '',
    password: '',
    database: '',
    ...options,
  });
}

type Open = typeof openRedis;

async function opened(open: Open, upstream: Upstream): Promise<Link> {
  let link: Link | undefined;
  await until(async () => {
    const outcome = await open(upstream, upstream.host, 5000);
    if (!(outcome instanceof Failure)) link = outcome;
    return link !== undefined;
  }, 60_000);
  if (link === undefined) throw new Error('not opened');
  return link;
}

async function kindOf(open: Open, upstream: Upstream): Promise<string> {
  const outcome = await open(upstream, upstream.host, 5000);
  if (outcome instanceof Failure) return outcome.kind;
  outcome.close();
  return 'open';
}

const host = { halted: false } as Host;

function exchange(link: Link, operation: Operation, trace?: Trace, timeoutMs = 5000): Promise<Outcome> {
  return new Promise((resolve) => {
    const task = new Task(host, trace, 1, '');
    task.start(
      (function* () {
        link.exchange(task, operation, trace, 77, timeoutMs);
        return (yield) as Outcome;
      })(),
      resolve,
    );
  });
}
const kind = (outcome: Outcome): string | number => (typeof outcome === 'number' ? outcome : outcome.kind);

afterAll(async () => {
  if (started.length > 0) await docker('rm', '-f', ...started);
});

describe.skipIf(images.redis === undefined)('Redis', () => {
  let container: string;
  beforeAll(async () => {
    container = await start(images.redis ?? '', { REDIS_PASSWORD: 'secret' }, '--maxclients', '2');
  });

  it('runs commands, and says what is wrong as programs know it', async () => {
    const upstream = await upstreamOf(container, { password: 'secret' });
    const link = await opened(openRedis, upstream);
    for (const command of ['HSET', 'HGETALL', 'EXPIRE', 'DEL', 'SET a b', 'GET a'])
      expect([command, kind(await exchange(link, cacheOperation(upstream, command)))]).toEqual([
        command,
        200,
      ]);
    expect(await kindOf(openRedis, await upstreamOf(container, { password: 'wrong' }))).toBe('auth');
    const second = await opened(openRedis, upstream);
    expect(await kindOf(openRedis, upstream)).toBe('too-many-clients');
    await docker('pause', container);
    expect(kind(await exchange(second, cacheOperation(upstream, 'GET a'), undefined, 200))).toBe('timeout');
    expect(second.isOpen).toBe(false);
    await docker('unpause', container);
    const waiting = exchange(link, cacheOperation(upstream, 'BLPOP nothing 0'));
    await docker('kill', container);
    expect(kind(await waiting)).toBe('reset');
    expect(link.isOpen).toBe(false);
  });

  it('does not start without a password', async () => {
    const bare = await start(images.redis ?? '', {});
    expect(await docker('wait', bare)).toBe('1');
    expect((await runDocker('logs', bare)).stdout).toMatch(
      /^1:M .* # Fatal error, can't start: required environment variable REDIS_PASSWORD is not set$/m,
    );
  });
});

describe.skipIf(images.postgres === undefined)('PostgreSQL', () => {
  it('spends the time a query says on tables it makes, and says what is wrong', async () => {
    const env = { POSTGRES_USER: 'shop', POSTGRES_PASSWORD: 'secret', POSTGRES_DB: 'orders' };
    const container = await start(images.postgres ?? '', env, '-c', 'max_connections=6');
    const rest = { protocol: 'postgres', port: 5432, user: 'shop', database: 'orders' } as const;
    const upstream = await upstreamOf(container, { ...rest, password: 'secret' });
    const link = await opened(openPostgres, upstream);
    for (const statement of [
      'INSERT INTO orders (id) VALUES ($1)',
      'SELECT * FROM orders WHERE id = $1',
      'UPDATE orders SET state = $2 WHERE id = $1',
      'DELETE FROM reservations WHERE expires_at < now()',
    ])
      expect([statement, kind(await exchange(link, queryOperation(upstream, statement, 2)))]).toEqual([
        statement,
        200,
      ]);
    const beginMs = performance.now();
    await exchange(link, queryOperation(upstream, 'SELECT * FROM orders', 500), undefined, 60_000);
    expect(performance.now() - beginMs).toBeGreaterThan(250);

    expect(await kindOf(openPostgres, await upstreamOf(container, { ...rest, password: 'x' }))).toBe('auth');
    expect(
      await kindOf(openPostgres, await upstreamOf(container, { ...rest, user: 'nobody', password: 'x' })),
    ).toBe('auth');
    const links: Link[] = [];
    await until(async () => {
      const outcome = await openPostgres(upstream, upstream.host, 5000);
      if (!(outcome instanceof Failure)) links.push(outcome);
      return outcome instanceof Failure && outcome.kind === 'too-many-clients';
    });
    expect(links.length).toBeLessThan(6);

    await docker('pause', container);
    const [silent] = links;
    expect(kind(await exchange(silent!, queryOperation(upstream, 'SELECT 1', 1), undefined, 200))).toBe(
      'timeout',
    );
    await docker('unpause', container);
    const running = exchange(link, queryOperation(upstream, 'SELECT * FROM orders', 5000), undefined, 60_000);
    await docker('kill', container);
    expect(kind(await running)).toBe('reset');
    expect((await runDocker('logs', container)).stderr).not.toMatch(/spend|pg_sleep/);
  });
});

describe.skipIf(images.nats === undefined)('NATS', () => {
  it('hands messages on with their trace, again if they failed, never more than may be handled at once', async () => {
    const container = await start(images.nats ?? '', {}, '--jetstream');
    const upstream = await upstreamOf(container, { protocol: 'nats', port: 4222 });
    const publisher = await opened(openNats, upstream);
    const consumer = await opened(openNats, upstream);
    const publish = (trace?: Trace) =>
      exchange(publisher, publishOperation(upstream, 'orders.placed'), trace);
    // nobody listens yet: the message goes to no one, and the queue is made
    expect(kind(await publish())).toBe(200);

    const open: Message[] = [];
    const seen: string[] = [];
    consumer.subscribe('orders.placed', 'shipping', 2, (message) => {
      open.push(message);
      seen.push(`${message.key} ${message.trace?.id} ${message.redeliveries}`);
    });
    await until(async () => {
      await publish(new Trace('0af7651916cd43dd8448eb211c80319c', false));
      return open.length > 0;
    });
    expect(seen[0]).toBe('77 0af7651916cd43dd8448eb211c80319c 0');
    for (let i = 0; i < 5; i++) await publish();
    await until(() => open.length === 2);
    open.shift()?.done(false);
    await until(() => open.length === 2);
    await until(() => {
      for (const message of open.splice(0)) message.done(true);
      return seen.includes('77 0af7651916cd43dd8448eb211c80319c 1');
    });
    await docker('kill', container);
    await until(() => !consumer.isOpen);
    expect(await kindOf(openNats, upstream)).toMatch(/refused|connect-timeout/);
  });
});
