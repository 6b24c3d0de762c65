import { Redis } from 'ioredis';
import { type ConnectStore, connectTimeoutMs } from './store-probe.ts';

const metrics: Readonly<Record<string, string>> = {
  connected_clients: 'redis_connected_clients',
  total_commands_processed: 'redis_commands_processed_total',
  total_connections_received: 'redis_connections_received_total',
  rejected_connections: 'redis_rejected_connections_total',
  used_memory: 'redis_memory_used_bytes',
};

/** Redis, under the names of redis_exporter. */
export const connectRedis: ConnectStore = async (host, port, { env, args }) => {
  const flag = args.indexOf('--requirepass');
  const password = flag >= 0 ? args[flag + 1] : env['REDIS_PASSWORD'];
  const redis = new Redis({
    host,
    port,
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: 5000,
    retryStrategy: () => null,
    ...(password === undefined ? {} : { password }),
  });
  redis.on('error', () => undefined);
  await redis.connect();
  return {
    async scrape(emit) {
      const info = await redis.info();
      emit('redis_up', {}, 1);
      for (const line of info.split('\r\n')) {
        const [name = '', value] = line.split(':');
        const metric = metrics[name];
        if (metric !== undefined) emit(metric, {}, Number(value));
      }
    },
    async close() {
      redis.disconnect();
    },
  };
};
