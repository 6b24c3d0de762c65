import { expect, test } from 'vitest';
import { entitiesOfWorld } from '../../src/author/world-entities.ts';
import type { Recording } from '../../src/capture/recording.ts';

const workload = (kind: string, name: string) => ({
  deleted: false,
  object: { apiVersion: 'apps/v1', kind, metadata: { name, namespace: 'fulfilment' } },
});

test('an alert of a queue about a consumer is about the consumer, other alerts of it about the queue', () => {
  const recording = {
    objects: [workload('StatefulSet', 'nats'), workload('Deployment', 'notifications')],
    topology: { services: [], calls: [] },
  } as unknown as Recording;
  const { ofAlert } = entitiesOfWorld(recording);
  const labels = { namespace: 'fulfilment', service: 'nats', consumer_name: 'notifications' };
  expect(ofAlert(labels)).toBe('fulfilment/Deployment/notifications');
  expect(ofAlert({ ...labels, consumer_name: 'nobody' })).toBe('fulfilment/StatefulSet/nats');
  expect(ofAlert({ namespace: 'fulfilment', service: 'nats' })).toBe('fulfilment/StatefulSet/nats');
});
