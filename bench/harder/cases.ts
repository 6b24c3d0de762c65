import type { Scenario } from '../../src/spec/scenario.ts';

type Parts = Partial<
  Pick<Scenario, 'faults' | 'distractors' | 'cover' | 'load' | 'timeline' | 'telemetry' | 'latent'>
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
const catalogueMemory = {
  faults: [{ fault: 'memory-limit-oom', args: { target: 'storefront/Deployment/catalogue' } }],
};
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
    without: quotaOf({}),
    with: quotaOf({ predates: '6m30s' }),
  },
  {
    option: 'slow-onset',
    fault: 'a memory limit that is too low',
    without: { faults: [{ fault: 'memory-limit-oom', args: { target: search } }] },
    with: { faults: [{ fault: 'memory-limit-oom', args: { target: search, limit: '440Mi' } }] },
  },
  {
    option: 'far-from-the-symptom',
    fault: 'an image that is not there',
    without: {
      faults: [{ fault: 'image-not-found', args: { target: 'storefront/Deployment/web-frontend' } }],
    },
    with: { faults: [{ fault: 'image-not-found', args: { target: 'storefront/Deployment/currency' } }] },
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
        { distractor: 'harmless-rollout', at: '5m', args: { target: 'storefront/Deployment/pricing' } },
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
    fault: 'a memory limit that is too low',
    without: catalogueMemory,
    with: {
      faults: [
        { fault: 'memory-limit-oom', args: { target: 'storefront/Deployment/catalogue', limit: '136Mi' } },
      ],
    },
  },
  {
    option: 'masked-by-retries',
    fault: 'a memory limit that is too low',
    without: catalogueMemory,
    with: {
      cover: [
        {
          cover: 'config-value-change',
          at: '-3m',
          args: {
            target: 'storefront/Deployment/web-frontend',
            setting: 'BACKEND_ATTEMPTS',
            value: '4',
            restart: true,
          },
        },
      ],
    },
  },
];
