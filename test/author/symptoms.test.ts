import { expect, test } from 'vitest';
import { deriveSymptoms } from '../../src/author/symptoms.ts';
import type { Indicator } from '../../src/capture/indicator.ts';

const service = (name: string, requests: number, p95: number, errors = 0): Indicator[] => [
  { name: 'requests', subject: `shop/${name}`, value: requests, unit: 'count' },
  { name: 'latency-p95', subject: `shop/${name}`, value: p95, unit: 'seconds' },
  { name: 'error-ratio', subject: `shop/${name}`, value: errors, unit: 'ratio' },
];
const world = (baseline: Indicator[], incident: Indicator[]) => ({ baseline, incident, alerts: [] });
const symptoms = (task: ReturnType<typeof world>, twin: ReturnType<typeof world>, isLive: boolean) =>
  deriveSymptoms(
    task,
    twin,
    [],
    (name) => name,
    () => undefined,
    new Set(),
    isLive,
  ).map(({ entity, signals }) => `${entity}: ${signals.join(', ')}`);

test('on a live cluster a latency counts beyond every healthy time and busy neighbours, and of more than a few requests', () => {
  const twin = world(
    [...service('orders', 40, 0.9), ...service('mail', 40, 0.02)],
    [
      ...service('orders', 100, 0.3),
      ...service('mail', 90, 0.02),
      ...service('cart', 100, 0.1),
      ...service('ads', 100, 0.02),
    ],
  );
  const task = world(service('cart', 40, 0.1, 0.02), [
    // as slow as in the twin's baseline
    ...service('orders', 100, 0.8),
    // starved, and its few requests happened to be slow
    ...service('mail', 9, 0.5),
    ...service('cart', 100, 2.5, 0.025),
    // on a node where another pod starts again and again
    ...service('ads', 100, 0.07),
  ]);
  expect(symptoms(task, twin, true)).toEqual([
    'shop/cart: latency-p95: 2.50 instead of 0.100',
    'shop/mail: requests: 9 instead of 90',
  ]);
  // in virtual time the worlds are the same but for the causes, and every difference is their doing
  expect(symptoms(task, twin, false)).toEqual([
    'shop/ads: latency-p95: 0.0700 instead of 0.0200',
    'shop/cart: error-ratio: 0.0250 instead of 0, latency-p95: 2.50 instead of 0.100',
    'shop/mail: latency-p95: 0.500 instead of 0.0200, requests: 9 instead of 90',
    'shop/orders: latency-p95: 0.800 instead of 0.300',
  ]);
});
