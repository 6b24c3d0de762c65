import { Redis } from 'ioredis';
import { hash32 } from '../../base/random.ts';
import type { Failure, FailureKind } from '../../workload/failure.ts';
import type { Link } from '../../workload/host.ts';
import type { Operation } from '../../workload/operations.ts';
import type { Upstream } from '../../workload/upstream.ts';
import { connectFailure } from './connect.ts';
import { connectedWithin, type StoreConnection, StoreLink } from './store-link.ts';

const lifetimeSeconds = 172_800;
/** So many different keys are in use. */
const keys = 500;

/** Arguments of commands that the description names without any, by verb; `id` is the key. */
const usualArguments: Readonly<Record<string, (id: string) => readonly (string | number)[]>> = {
  GET: (id) => [id],
  SET: (id) => [id, 'x'],
  SETEX: (id) => [id, lifetimeSeconds, 'x'],
  DEL: (id) => [id],
  EXISTS: (id) => [id],
  EXPIRE: (id) => [id, lifetimeSeconds],
  TTL: (id) => [id],
  INCR: (id) => [`${id}:count`],
  DECR: (id) => [`${id}:count`],
  MGET: (id) => [id, `${id}:count`],
  HGET: (id) => [`${id}:fields`, 'a'],
  HGETALL: (id) => [`${id}:fields`],
  HSET: (id) => [`${id}:fields`, 'a', 'x'],
  HDEL: (id) => [`${id}:fields`, 'a'],
  HINCRBY: (id) => [`${id}:fields`, 'n', 1],
  LPUSH: (id) => [`${id}:list`, 'x'],
  RPUSH: (id) => [`${id}:list`, 'x'],
  LPOP: (id) => [`${id}:list`],
  LRANGE: (id) => [`${id}:list`, 0, 9],
  LTRIM: (id) => [`${id}:list`, 0, 99],
  SADD: (id) => [`${id}:set`, 'x'],
  SMEMBERS: (id) => [`${id}:set`],
  ZADD: (id) => [`${id}:sorted`, 1, 'x'],
  ZRANGE: (id) => [`${id}:sorted`, 0, 9],
};

/** A whole command for the text of a description: `HSET` gets a key and a field, `SET a b` is sent as it is. */
export function redisCommand(text: string, key: number): readonly [string, ...(string | number)[]] {
  const [verb = 'PING', ...given] = text.trim().split(/\s+/);
  const usual = usualArguments[verb.toUpperCase()];
  if (given.length > 0 || usual === undefined) return [verb, ...given];
  return [verb, ...usual(`item:${hash32(String(key)) % keys}`)];
}

/** What Redis' or its client's error means. */
export function redisFailureKind(error: unknown): FailureKind {
  const message = error instanceof Error ? error.message : String(error);
  if (/^(WRONGPASS|NOAUTH|NOPERM)/.test(message)) return 'auth';
  if (message.includes('max number of clients')) return 'too-many-clients';
  return 'reset';
}

class RedisConnection implements StoreConnection {
  readonly #client: Redis;
  constructor(client: Redis) {
    this.#client = client;
  }
  async perform(operation: Operation, _trace: unknown, key: number): Promise<void> {
    const text = operation.shape.attributes['db.query.text'];
    const [verb, ...values] = redisCommand(typeof text === 'string' ? text : operation.text, key);
    await this.#client.call(verb, ...values);
  }
  failureKind(error: unknown): FailureKind {
    return redisFailureKind(error);
  }
  close(): void {
    this.#client.disconnect();
  }
}

/** Opens one connection to Redis and gives the password. */
export async function openRedis(upstream: Upstream, ip: string, timeoutMs: number): Promise<Link | Failure> {
  const client = new Redis({
    host: ip,
    port: upstream.port,
    protocol: 2,
    lazyConnect: true,
    disableClientInfo: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  const link = new StoreLink(upstream, ip, new RedisConnection(client));
  let reason: unknown;
  client.on('error', (error) => {
    reason ??= error;
    link.lost();
  });
  client.on('close', () => link.lost());
  const connect = async (): Promise<Link | Failure> => {
    try {
      await client.connect();
    } catch (error) {
      return connectFailure(upstream, reason ?? error, ip);
    }
    try {
      // Also where no password is needed: a server that is full says so only when it is spoken to.
      if (upstream.password === '') await client.ping();
      else await client.auth(upstream.password);
    } catch (error) {
      if (!isWithoutPassword(error)) return upstream.fail(redisFailureKind(error), ip);
    }
    return link;
  };
  return await connectedWithin(upstream, ip, timeoutMs, connect(), () => client.disconnect());
}

/** The server needs no password: that one was given does no harm. */
function isWithoutPassword(error: unknown): boolean {
  return error instanceof Error && error.message.includes('without any password configured');
}
