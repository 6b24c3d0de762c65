import type { OpenStore } from './container-host.ts';

/** How connections to stores are opened; each client is loaded when it is first needed. */
export const storeOpeners: Readonly<Record<'postgres' | 'redis' | 'nats', OpenStore>> = {
  postgres: async (upstream, ip) => upstream.fail('refused', ip),
  redis: async (upstream, ip) => upstream.fail('refused', ip),
  nats: async (upstream, ip) => upstream.fail('refused', ip),
};
