import { expect, it } from 'vitest';
import { sensitiveValues } from '../../src/entity/secret-values.ts';

it('tells credentials from names and addresses that happen to be in a Secret', () => {
  const data = {
    DB_PASSWORD: 'amber-lotus-56',
    DB_USER: 'fulfilment',
    short: 'seven77',
    REDIS_URL: 'redis://cart-cache:6379/0',
    BROKER: 'nats.storefront.svc:4222',
    DSN: 'postgres://orders:p%40ss-word@orders-db:5432/orders',
  };
  const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)]));
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'x' },
    data: encoded,
    stringData: { TOKEN: 'ct-88-larch-20' },
  };
  expect(sensitiveValues(secret)).toEqual(['amber-lotus-56', data.DSN, 'p%40ss-word', 'ct-88-larch-20']);
});
