import { expect, it } from 'vitest';
import { querySummary } from '../../src/workload/operations.ts';

it.each([
  ['SELECT id FROM orders WHERE id = $1', 'SELECT orders'],
  ['select o.*, count(l.*) from shop.orders o join order_lines l on true', 'SELECT shop.orders'],
  ['INSERT INTO "orders" (id) VALUES ($1)', 'INSERT orders'],
  ['UPDATE orders SET state = $2', 'UPDATE orders'],
  ['DELETE FROM carts', 'DELETE carts'],
  ['CREATE TABLE IF NOT EXISTS items (id int)', 'CREATE items'],
  ['BEGIN', 'BEGIN'],
])('%s is summarised', (statement, summary) => {
  expect(querySummary(statement)).toBe(summary);
});
