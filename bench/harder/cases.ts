import type { Scenario } from '../../src/spec/scenario.ts';

export type Parts = Partial<
  Pick<
    Scenario,
    'faults' | 'distractors' | 'cover' | 'load' | 'timeline' | 'telemetry' | 'latent' | 'evidence'
  >
>;

/** One fault without and with one option. */
export interface Case {
  /** Kebab-case; names the case on the command line. */
  readonly option: string;
  readonly fault: string;
  readonly without: Parts & Pick<Scenario, 'faults'>;
  /** What replaces parts of `without`. */
  readonly with: Parts;
}

const search = 'storefront/Deployment/search';
const imageOfSearch = { faults: [{ fault: 'image-not-found', args: { target: search } }] };
const quotaOf = (hold: object) => ({
  faults: [
    {
      fault: 'resource-quota-exhausted',
      args: {
        quota: 'storefront/ResourceQuota/compute',
        resource: 'requests.memory',
        target: 'storefront/Deployment/pricing',
      },
      ...hold,
    },
  ],
});
const serviceOf = (service: string) => ({
  fault: 'service-selector-mismatch',
  args: { service, variant: 'selector' },
});
const poolOf = (hold: object) => ({
  faults: [
    {
      fault: 'connection-pool-exhausted',
      args: { target: 'fulfilment/Deployment/orders', limit: 1 },
      ...hold,
    },
  ],
});

/** Every option of a scenario that is to make a task harder, on a fault that the solvers do something with. */
export const cases: readonly Case[] = [
  {
    option: 'predates',
    fault: 'a quota that is too small for pods that are lost',
    without: { ...quotaOf({}), timeline: { warmUp: '5m', baseline: '4m', incident: '8m' } },
    with: quotaOf({ predates: '7m30s' }),
  },
  {
    option: 'slow-onset',
    fault: 'a pool of one connection',
    without: {
      ...poolOf({}),
      load: { requestsPerSecond: 30 },
      timeline: { warmUp: '3m', baseline: '4m', incident: '10m' },
    },
    with: poolOf({ trigger: { over: '4m' } }),
  },
  {
    option: 'far-from-the-symptom',
    fault: 'a Service that leads nowhere',
    without: { faults: [serviceOf('storefront/Service/cart')] },
    with: { faults: [serviceOf('storefront/Service/cart-redis')] },
  },
  {
    option: 'one-replica',
    fault: 'a pool of one connection',
    without: { ...poolOf({}), load: { requestsPerSecond: 30 } },
    with: poolOf({ trigger: { pods: 1 } }),
  },
  {
    option: 'distractor-alerts',
    fault: 'an image that is not there',
    without: imageOfSearch,
    with: {
      distractors: [
        { distractor: 'stuck-rollout', args: { target: 'storefront/Deployment/pricing' } },
        {
          distractor: 'stuck-rollout',
          at: '20s',
          args: { target: 'fulfilment/Deployment/inventory', setting: 'RESERVATION_TTL' },
        },
      ],
    },
  },
  {
    option: 'misleading-correlation',
    fault: 'an image that is not there',
    without: imageOfSearch,
    with: {
      distractors: [
        { distractor: 'harmless-rollout', at: '6m30s', args: { target: 'storefront/Deployment/pricing' } },
      ],
    },
  },
  {
    option: 'healthy-looking-cause',
    fault: 'pods of search do not start',
    without: imageOfSearch,
    with: {
      faults: [{ fault: 'container-crash-loop', args: { target: search, setting: 'WORKER_THREADS' } }],
    },
  },
  {
    option: 'two-causes',
    fault: 'an image that is not there',
    without: imageOfSearch,
    with: {
      faults: [
        { id: 'search', fault: 'image-not-found', args: { target: search } },
        {
          id: 'stock',
          fault: 'service-selector-mismatch',
          args: { service: 'fulfilment/Service/inventory' },
        },
      ],
    },
  },
  {
    option: 'intermittent',
    fault: 'a pool of one connection',
    without: {
      ...poolOf({}),
      load: { requestsPerSecond: 30 },
      timeline: { warmUp: '4m', baseline: '5m', incident: '12m' },
    },
    with: { load: { requestsPerSecond: 22, waves: { every: '4m', lasts: '100s', factor: 1.4 } } },
  },
  {
    // search is called once for each page; currency by pricing only, twice if need be, for a fifth of the prices
    option: 'masked-by-retries-and-caches',
    fault: 'an image that is not there',
    without: imageOfSearch,
    with: { faults: [{ fault: 'image-not-found', args: { target: 'storefront/Deployment/currency' } }] },
  },
];
