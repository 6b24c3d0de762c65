import type { Protocol } from '../../workload/upstream.ts';
import type { OpenStore } from './container-host.ts';

type Store = Exclude<Protocol, 'http'>;

const clients: Readonly<Record<Store, () => Promise<OpenStore>>> = {
  postgres: async () => (await import('./postgres-connection.ts')).openPostgres,
  redis: async () => (await import('./redis-connection.ts')).openRedis,
  nats: async () => (await import('./nats-connection.ts')).openNats,
};

/** Loads the clients of the stores that a program uses and nothing else, at once, so that no request waits for it. */
export function storeOpeners(used: readonly Protocol[]): (store: Store) => Promise<OpenStore> {
  const loading = new Map<Store, Promise<OpenStore>>();
  const load = (store: Store): Promise<OpenStore> => {
    const open = loading.get(store) ?? clients[store]();
    loading.set(store, open);
    return open;
  };
  for (const protocol of used) if (protocol !== 'http') void load(protocol);
  return load;
}
