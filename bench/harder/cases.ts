import type { Scenario } from '../../src/spec/scenario.ts';

/** What a case says of a scenario; the rest is the same for all. */
export type Parts = Pick<Scenario, 'faults'> &
  Partial<
    Pick<
      Scenario,
      'application' | 'distractors' | 'cover' | 'load' | 'timeline' | 'telemetry' | 'latent' | 'evidence'
    >
  >;

/** One fault without and with one option. */
export interface Case {
  /** Kebab-case; names the case on the command line. */
  readonly option: string;
  readonly fault: string;
  readonly without: Parts;
  /** What replaces parts of `without`. */
  readonly with: Partial<Parts>;
}

const search = 'storefront/Deployment/search';
const imageOf = (target: string) => ({ faults: [{ fault: 'image-not-found', args: { target } }] });
const serviceOf = (service: string) => ({
  fault: 'service-selector-mismatch',
  args: { service, variant: 'selector' },
});
const refusedValue = (hold: object) => ({
  faults: [
    {
      fault: 'container-crash-loop',
      args: { target: 'storefront/Deployment/pricing', setting: 'CURRENCY_TIMEOUT' },
      ...hold,
    },
  ],
});
const portOf = (workload: string) => ({
  faults: [
    {
      fault: 'network-policy-deny',
      args: { variant: 'remove-port', policy: `storefront/NetworkPolicy/${workload}`, port: 8080 },
    },
  ],
});
const memoryOf = (target: string, limit: string) => ({
  faults: [{ fault: 'memory-limit-oom', args: { target, limit } }],
});
/** A neighbour whose new pods crash from the first minute on; the old ones serve. */
const neighbour = {
  distractors: [
    {
      distractor: 'stuck-rollout',
      at: '20s',
      args: { target: 'fulfilment/Deployment/inventory', setting: 'RESERVATION_TTL' },
    },
  ],
};
const longer = { timeline: { warmUp: '3m', baseline: '4m', incident: '10m' } };

/** Every option of a scenario that is to make a task harder, on a fault that the solvers do something with. */
export const cases: readonly Case[] = [
  {
    option: 'predates',
    fault: 'a value that the program refuses, with the changes of the window granted',
    without: {
      ...refusedValue({}),
      evidence: ['changes'],
      timeline: { warmUp: '5m', baseline: '4m', incident: '8m' },
    },
    with: refusedValue({ predates: '7m30s' }),
  },
  {
    option: 'slow-onset',
    fault: 'a memory limit: far below the need, just below it',
    without: { ...memoryOf('storefront/Deployment/catalogue', '84Mi'), ...neighbour, ...longer },
    with: memoryOf('storefront/Deployment/catalogue', '140Mi'),
  },
  {
    option: 'intermittent',
    fault: 'a memory limit: far below the need, halfway',
    without: { ...memoryOf('storefront/Deployment/catalogue', '84Mi'), ...neighbour, ...longer },
    with: memoryOf('storefront/Deployment/catalogue', '120Mi'),
  },
  {
    option: 'one-replica',
    fault: 'a value that the program refuses',
    without: refusedValue({}),
    // the other pod serves on
    with: { ...refusedValue({ trigger: { pods: 1 } }), latent: true },
  },
  {
    option: 'one-peer',
    fault: 'a policy that shuts callers out: all of them, one of them',
    without: portOf('catalogue'),
    with: {
      faults: [
        {
          fault: 'network-policy-deny',
          args: { variant: 'remove-peer', policy: 'storefront/NetworkPolicy/catalogue', peer: search },
        },
      ],
    },
  },
  {
    option: 'masked',
    fault: 'a policy that loses its port: of data a page needs, of banners it can do without',
    without: portOf('catalogue'),
    // short time-outs and pages without banners: few users feel it
    with: { ...portOf('ads'), latent: true },
  },
  {
    option: 'far-from-the-symptom',
    fault: 'a Service that leads nowhere: of cart, of the store behind it',
    without: { faults: [serviceOf('storefront/Service/cart')] },
    with: { faults: [serviceOf('storefront/Service/cart-redis')] },
  },
  {
    option: 'healthy-looking-cause',
    fault: 'pods of search do not start: an image, a value in a ConfigMap',
    without: imageOf(search),
    with: {
      faults: [{ fault: 'container-crash-loop', args: { target: search, setting: 'WORKER_THREADS' } }],
    },
  },
  {
    option: 'two-causes',
    fault: 'an image that is not there',
    without: imageOf(search),
    with: {
      faults: [
        { id: 'search', fault: 'image-not-found', args: { target: search } },
        { id: 'stock', ...serviceOf('fulfilment/Service/inventory') },
      ],
    },
  },
  {
    option: 'misleading-correlation',
    fault: 'an image that is not there',
    without: imageOf(search),
    with: {
      distractors: [
        { distractor: 'harmless-rollout', at: '6m30s', args: { target: 'storefront/Deployment/pricing' } },
      ],
    },
  },
  {
    option: 'distractor-alerts',
    fault: 'an image that is not there',
    without: imageOf(search),
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
];
