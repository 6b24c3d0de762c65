import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ballast } from '../../../src/container/program/ballast.ts';
import { CpuQueue } from '../../../src/container/program/cpu-queue.ts';
import { readIdentity } from '../../../src/container/program/identity.ts';
import { LoadControl } from '../../../src/container/program/load-control.ts';
import { postgresFailureKind } from '../../../src/container/program/postgres-connection.ts';
import { setUpTable, statementFor } from '../../../src/container/program/postgres-statements.ts';
import { anonymousBytes, fileBytes } from '../../../src/container/program/process-memory.ts';
import { readTraceparent, traceparentOf } from '../../../src/container/program/propagation.ts';
import { redisCommand, redisFailureKind } from '../../../src/container/program/redis-connection.ts';
import { spanId, Trace, traceId } from '../../../src/workload/tracing.ts';

const words = fc.integer({ min: 0, max: 0xffff_ffff });

describe('traceparent', () => {
  it('carries the key of the span, and the trace if it is sampled', () => {
    fc.assert(
      fc.property(words, words, fc.boolean(), (key, source, isSampled) => {
        const trace = isSampled ? new Trace(traceId(source, key), false) : undefined;
        const header = traceparentOf(trace, key);
        expect(header).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]$/);
        expect(readTraceparent(header, 1)).toEqual({
          key,
          trace,
          parent: isSampled ? spanId(key) : undefined,
        });
      }),
    );
  });

  it('that is malformed counts as none', () => {
    fc.assert(
      fc.property(fc.string(), words, (text, key) => {
        expect(readTraceparent(text, key)).toEqual({ key, trace: undefined, parent: undefined });
      }),
    );
    expect(readTraceparent(undefined, 9).key).toBe(9);
  });
});

describe('identity', () => {
  const files: Record<string, string> = {
    '/etc/resolv.conf':
      'search storefront.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\n',
    '/proc/self/mountinfo':
      '1 2 8:1 /var/lib/kubelet/pods/0b1a5c1e-8f1f-4d0c-9a51-1fd4d5a1c001/etc-hosts /etc/hosts rw - ext4 /dev/sda rw\n',
    '/etc/hostname': 'cart-1\n',
  };
  it('is read from what Kubernetes puts into every container', () => {
    const identity = readIdentity({}, (path) => files[path], 'cart');
    expect(identity).toMatchObject({
      namespace: 'storefront',
      pod: 'cart-1',
      podUid: '0b1a5c1e-8f1f-4d0c-9a51-1fd4d5a1c001',
      node: '',
      traceSampling: 0.1,
    });
  });
  it('follows the environment first', () => {
    const env = {
      POD_NAME: 'a',
      POD_NAMESPACE: 'b',
      NODE_NAME: 'c',
      POD_UID: 'd',
      OTEL_TRACES_SAMPLER_ARG: '0.5',
    };
    expect(readIdentity(env, (path) => files[path], 'cart')).toMatchObject({
      pod: 'a',
      namespace: 'b',
      node: 'c',
      podUid: 'd',
      traceSampling: 0.5,
    });
  });
});

describe('load', () => {
  const fresh = (): LoadControl =>
    new LoadControl({
      requestsPerSecond: 10,
      factor: 1,
      traceSampling: 0.1,
      originMs: 0,
      index: 0,
      count: 1,
    });

  it('is read and changed field by field', () => {
    const load = fresh();
    expect(load.handle('PUT', '/load', '{"factor":3}')?.status).toBe(200);
    expect(load.share).toEqual({ requestsPerSecond: 30, index: 0, count: 1, originSecond: 0 });
    expect(load.handle('GET', '/load', '')).toEqual({ status: 200, body: load.setting });
    expect(load.handle('GET', '/other', '')).toBeUndefined();
  });
  it.each([
    ['{', 'the body is not JSON'],
    ['[]', 'the body is not an object'],
    ['{"factr":2}', 'unknown field "factr"'],
    ['{"factor":1,"traceSampling":2}', '"traceSampling" is not a number from 0 to 1'],
    ['{"requestsPerSecond":"9"}', '"requestsPerSecond" is not a number from 0 to 100000'],
  ])('stays as it is when told %s', (body, error) => {
    const load = fresh();
    expect(load.handle('PUT', '/load', body)).toEqual({ status: 400, body: { error } });
    expect(load.setting).toEqual(fresh().setting);
  });
});

describe('statements', () => {
  it.each([
    ['SELECT * FROM products p LEFT JOIN attributes a ON true WHERE p.id = $1', 'SELECT id FROM "products"'],
    ['INSERT INTO orders (id) VALUES ($1)', 'INSERT INTO "orders" (id)'],
    ['UPDATE stock SET reserved = 1', 'INSERT INTO "stock" (id)'],
    ['DELETE FROM reservations WHERE expires_at < now()', 'DELETE FROM "reservations"'],
    ['VACUUM', 'SELECT id FROM "settings"'],
  ])('%s touches its table', (statement, part) => {
    expect(statementFor(statement).sql).toContain(part);
  });
  it('spend all of their time on the server, a quarter of it computing', () => {
    const [row, cpuMs, waitSeconds] = statementFor('SELECT 1 FROM a').values(4_000_000_123, 100);
    expect([row, cpuMs, waitSeconds]).toEqual([4_000_000_123 % 100_000, 25, 0.075]);
  });
  it('quote names', () => {
    expect(setUpTable('a"b')).toContain('EXISTS "a""b" (');
  });
  it.each([
    [{ code: '28P01' }, 'auth'],
    [{ code: '53300' }, 'too-many-clients'],
    [{ code: '57P03' }, 'refused'],
    [{ code: '57P01' }, 'reset'],
    [{ code: 'ECONNREFUSED' }, undefined],
    [new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'), 'auth'],
  ])('%o means %s', (error, kind) => {
    expect(postgresFailureKind(error)).toBe(kind);
  });
});

describe('Redis commands', () => {
  it('get the arguments that the description leaves out, the same for the same key', () => {
    expect(redisCommand('HSET', 7)).toEqual(['HSET', expect.stringMatching(/^item:\d+:fields$/), 'a', 'x']);
    expect(redisCommand('HSET', 7)).toEqual(redisCommand('HSET', 7));
    expect(redisCommand('SET a b', 7)).toEqual(['SET', 'a', 'b']);
    expect(redisCommand('DBSIZE', 7)).toEqual(['DBSIZE']);
  });
  it.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', 'auth'],
    ['NOAUTH Authentication required.', 'auth'],
    ['ERR max number of clients reached', 'too-many-clients'],
    ['Connection is closed.', 'reset'],
  ])('%s is %s', (text, kind) => {
    expect(redisFailureKind(new Error(text))).toBe(kind);
  });
});

describe('CPU work', () => {
  it('is really done, in order, and leaves the event loop free between slices', async () => {
    const queue = new CpuQueue();
    const order: string[] = [];
    let turns = 0;
    const turn = (): void => {
      turns++;
      if (order.length < 3) setImmediate(turn);
    };
    const before = process.cpuUsage();
    await new Promise<void>((resolve) => {
      queue.compute(30, () => order.push('first'));
      queue.compute(0, () => order.push('second'));
      queue.compute(30, () => {
        order.push('third');
        resolve();
      });
      expect(order).toEqual([]);
      setImmediate(turn);
    });
    const { user, system } = process.cpuUsage(before);
    expect(order).toEqual(['first', 'second', 'third']);
    expect((user + system) / 1000).toBeGreaterThanOrEqual(60);
    expect(turns).toBeGreaterThan(5);
  });
});

describe('ballast', () => {
  it.runIf(process.platform === 'linux')('occupies what it says and gives it back', () => {
    const ballast = new Ballast();
    const mebibyte = 2 ** 20;
    const before = anonymousBytes();
    ballast.resize(200.7 * mebibyte);
    expect(ballast.bytes).toBe(200 * mebibyte);
    expect(anonymousBytes() - before).toBeGreaterThan(190 * mebibyte);
    ballast.resize(-1);
    expect(anonymousBytes() - before).toBeLessThan(50 * mebibyte);
  });

  it('leaves cached files out of what counts against a limit', () => {
    const stat =
      'cache 9000\nrss 1\nactive_anon 7\ninactive_file 4096\nactive_file 904\ntotal_active_file 904\n';
    expect(fileBytes(stat)).toBe(5000);
  });
});
