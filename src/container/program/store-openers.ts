import type { OpenStore } from './container-host.ts';

/** How connections to stores are opened; each client is loaded when it is first needed. */
export const storeOpeners: Readonly<Record<'postgres' | 'redis' | 'nats', OpenStore>> = {
  postgres: async (...call) => await (await import('./postgres-connection.ts')).openPostgres(...call),
  redis: async (...call) => await (await import('./redis-connection.ts')).openRedis(...call),
  nats: async (...call) => await (await import('./nats-connection.ts')).openNats(...call),
};
