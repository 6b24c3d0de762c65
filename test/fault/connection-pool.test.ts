import { expect, it } from 'vitest';
import { connectionPoolExhausted } from '../../src/fault/catalogue/connection-pool-exhausted.ts';
import { viewFromManifests } from '../../src/fault/view.ts';
import { loadBakery, loadShop } from './views.ts';

const shop = viewFromManifests(await loadShop(), '5e'.repeat(16));
const bakery = viewFromManifests(await loadBakery(), '5e'.repeat(16));
const orders = { target: 'fulfilment/Deployment/orders', limit: 1 };

it('lowers the size of a pool and the wait for it in one edit, so that they are one cause', () => {
  const { operations } = connectionPoolExhausted.plan({ ...orders, timeout: '250ms' }, shop);
  expect(operations.filter(({ role }) => role === 'cause')).toMatchObject([
    {
      action: {
        verb: 'patch',
        target: { kind: 'ConfigMap', namespace: 'fulfilment' },
        body: { data: { DB_POOL_MAX: '1', DB_POOL_TIMEOUT: '250ms' } },
      },
      summary: expect.stringMatching(/DB_POOL_MAX from 12 to 1 and DB_POOL_TIMEOUT from 500ms to 250ms in /),
    },
  ]);
});

it.each([
  [{ timeout: '500ms' }, 'it waits 500ms now; 500ms is not less'],
  [{ timeout: '5ms' }, 'DB_POOL_TIMEOUT 5ms is below 10'],
] as const)('refuses %o', (wrong, message) => {
  expect(connectionPoolExhausted.check({ ...orders, ...wrong }, shop)).toMatchObject([
    { path: '/timeout', message },
  ]);
});

it('refuses a wait where the program has none that an operator sets, and with a leak', () => {
  const check = (args: Parameters<typeof connectionPoolExhausted.check>[0]) =>
    connectionPoolExhausted.check(args, bakery).filter(({ path }) => path === '/timeout');
  const target = 'back/Deployment/orders';
  expect(check({ target, limit: 1, timeout: '90ms' })).toHaveLength(1);
  expect(check({ target, variant: 'leak', timeout: '90ms' })).toHaveLength(1);
});
