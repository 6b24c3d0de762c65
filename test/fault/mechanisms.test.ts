import { catalogue } from '../../src/fault/catalogue.ts';
import { cover } from '../../src/fault/cover.ts';
import { distractors } from '../../src/fault/distractors.ts';
import { viewFromManifests } from '../../src/fault/view.ts';
import { mechanismConformance } from '../conformance/fault.ts';
import { loadBakery, loadShop } from './views.ts';

const bakery = viewFromManifests(await loadBakery(), '5e'.repeat(16));
const shop = viewFromManifests(await loadShop(), '5e'.repeat(16));

/** Every variant that suits the bakery. */
const variants: Record<string, readonly unknown[]> = {
  'connection-pool-exhausted': [
    { target: 'back/orders', limit: 1, load: 3 },
    { target: 'back/Deployment/orders', variant: 'leak', upstream: 'db' },
  ],
  'container-crash-loop': [
    { target: 'back/Deployment/orders', setting: 'POOL' },
    { target: 'back/Deployment/orders', setting: 'POOL', value: '900' },
    { target: 'back/Deployment/orders', setting: 'DB_PASSWORD', remove: true },
    { target: 'back/Deployment/orders', setting: 'OVEN' },
    { target: 'front/Deployment/counter', setting: 'ORDERS', remove: true },
  ],
  'image-not-found': [{ target: 'back/StatefulSet/orders-db' }, { target: 'back/oven', tag: 'nightly-44' }],
  'memory-limit-oom': [
    { target: 'back/Deployment/oven', limit: '24Mi' },
    { target: 'front/Deployment/counter' },
  ],
  'network-policy-deny': [
    { variant: 'remove-port', policy: 'back/NetworkPolicy/orders-db', port: 5432 },
    { variant: 'new-policy', target: 'back/Deployment/oven' },
    {
      variant: 'new-policy',
      target: 'back/Deployment/orders',
      direction: 'egress',
      peer: 'back/Deployment/oven',
    },
    { variant: 'new-policy', target: 'front/Deployment/counter', direction: 'dns', name: 'counter-egress' },
    {
      variant: 'new-policy',
      target: 'front/Deployment/counter',
      direction: 'ingress',
      peer: 'front/Deployment/customers',
    },
  ],
  'node-unavailable': [{ node: 'worker-2' }, { hosting: 'back/orders' }],
  'resource-quota-exhausted': [
    { quota: 'back/limits', target: 'back/Deployment/orders', resource: 'requests.memory' },
    { quota: 'back/limits', target: 'back/Deployment/oven', trigger: 'restart', hard: '3', resource: 'pods' },
    { quota: 'back/limits', target: 'back/StatefulSet/orders-db' },
  ],
  'service-selector-mismatch': [
    { service: 'back/Service/oven', variant: 'target-port' },
    { service: 'front/counter', variant: 'target-port', targetPort: 8081 },
    { service: 'back/Service/orders-db', variant: 'selector', label: 'release', value: 'stable' },
  ],
  'noisy-alert': [{ target: 'back/ResourceQuota/limits', resource: 'requests.memory' }],
  'harmless-rollout': [{ target: 'back/Deployment/orders', tag: '2.2' }, { target: 'back/Deployment/oven' }],
  'config-value-change': [{ target: 'back/orders', setting: 'POOL', value: '9', restart: true }],
};

for (const [type, registry] of [
  ['fault', catalogue],
  ['distractor', distractors],
  ['cover', cover],
] as const)
  for (const [name, mechanism] of registry.entries()) {
    mechanismConformance('a bakery', { type, mechanism, view: bakery, variants: variants[name] ?? [] });
    // the examples of the reference are for the shop
    const examples = (mechanism.schema as { examples?: readonly unknown[] }).examples ?? [];
    mechanismConformance('the shop', { type, mechanism, view: shop, variants: examples });
  }
