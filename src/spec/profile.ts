import { type Static, Type } from 'typebox';

/** One node of the embedded cluster. */
export const NodeProfile = Type.Object(
  {
    name: Type.String(),
    role: Type.Union([Type.Literal('control-plane'), Type.Literal('worker')]),
    cpu: Type.String({ description: 'Allocatable CPU, e.g. "4".' }),
    memory: Type.String({ description: 'Allocatable memory, e.g. "16Gi".' }),
    zone: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

/** Images that are not built from the application; each may be replaced by an environment variable. */
const KindImages = Type.Object(
  {
    /** Runs programs and the recorder: anything with Node 22 or newer. */
    base: Type.Optional(Type.String({ default: 'node:24-bookworm-slim' })),
    prometheus: Type.Optional(Type.String({ default: 'prom/prometheus:v3.5.0' })),
    postgres: Type.Optional(Type.String({ default: 'postgres:16.4-bookworm' })),
    redis: Type.Optional(Type.String({ default: 'redis:7.2.5-bookworm' })),
    nats: Type.Optional(Type.String({ default: 'nats:2.10.22-alpine' })),
  },
  { additionalProperties: false },
);

/** Real Kubernetes in Docker containers of this machine. Every field has a default. */
export const KindProfile = Type.Object(
  {
    /** Begins the nodes' names, which are seen in bundles; default: the profile's name. */
    clusterName: Type.Optional(Type.String({ pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$', maxLength: 40 })),
    workers: Type.Optional(Type.Integer({ minimum: 2, maximum: 8, default: 2 })),
    /** kind's node image; default: that of the installed kind. */
    nodeImage: Type.Optional(Type.String()),
    images: Type.Optional(KindImages),
    /** Where images are had instead: a registry's host to the prefix that replaces it. */
    registryMirrors: Type.Optional(Type.Record(Type.String(), Type.String())),
    /**
     * Share of the manifests' CPU requests that is asked for (also of quotas and limit ranges): all nodes share the
     * cores of one machine. Limits stay.
     */
    cpuShare: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.2 })),
    /** Share of the scenario's requests a second that is offered. */
    loadShare: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 0.25 })),
    scrapeInterval: Type.Optional(Type.String({ default: '15s' })),
    evaluationInterval: Type.Optional(Type.String({ default: '15s' })),
  },
  { additionalProperties: false },
);
export type KindProfile = Static<typeof KindProfile>;

/**
 * Shorter times than usual, for tests and short windows; the same on every provider, so that bundles can be compared.
 * What is left out is as Kubernetes and the application have it.
 */
export const TimingProfile = Type.Object(
  {
    /** Share of every time in the alert rules: `for`, ranges, offsets; of the indicators' rate windows too. */
    ruleShare: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 1 })),
    /** Share of the pause that people make between a change and what follows it. */
    pauseShare: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 1 })),
    /** At most this long may anything that is expected of a fault take to show. */
    patience: Type.Optional(Type.String()),
    /** How long a silent node counts as ready; default: Kubernetes' own (40 or 50 s). */
    nodeGracePeriod: Type.Optional(Type.String()),
    /** How long pods stay on a node that is gone; default: Kubernetes' own (5 minutes). */
    podEvictionAfter: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type TimingProfile = Static<typeof TimingProfile>;

/** A Service, reached through the API server. */
const ServiceAddress = Type.Object(
  {
    namespace: Type.String(),
    service: Type.String({ pattern: '^[^:]+:[^:]+$', description: 'Service and port: "prometheus:9090".' }),
  },
  { additionalProperties: false },
);
/** A Service in the cluster, or a URL that can be reached from here. */
const Address = Type.Union([
  ServiceAddress,
  Type.Object(
    {
      url: Type.String({ pattern: '^https?://' }),
      /** Environment variable whose value is sent as `Authorization: Bearer …`. */
      tokenVariable: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
]);

/** An existing cluster that is somebody else's, and an application that runs there. */
export const KubeconfigProfile = Type.Object(
  {
    /** Kubeconfig file, relative to the profile or with `~/`; default: what kubectl would take. */
    file: Type.Optional(Type.String()),
    context: Type.Optional(Type.String()),
    /** The only namespaces whose objects are read or written. */
    namespaces: Type.Array(Type.String({ pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' }), {
      minItems: 1,
      uniqueItems: true,
    }),
    prometheus: Address,
    /** The reading port of the recorder that the application's traces are sent to; without it there are no traces. */
    recorder: Type.Optional(Address),
    /** The load generator's control (`GET` and `PUT` of JSON with `factor`); without it the load cannot be changed. */
    load: Type.Optional(
      Type.Object(
        {
          namespace: Type.String(),
          service: Type.String({ pattern: '^[^:]+:[^:]+$' }),
          path: Type.Optional(Type.String({ pattern: '^/', default: '/load' })),
        },
        { additionalProperties: false },
      ),
    ),
    /** Commands that take a node down and bring it back, `{node}` is its name; without them no node is stopped. */
    nodes: Type.Optional(
      Type.Object(
        {
          stop: Type.Array(Type.String(), { minItems: 1 }),
          start: Type.Array(Type.String(), { minItems: 1 }),
        },
        { additionalProperties: false },
      ),
    ),
    /** Where `cluster probe` makes its two pods, one of `namespaces`, and of what; without it they are not made. */
    probe: Type.Optional(
      Type.Object(
        {
          namespace: Type.String(),
          image: Type.String(),
          has: Type.Union([Type.Literal('node'), Type.Literal('sh')], {
            default: 'sh',
            description: 'What the image can run: node, or sh with nc, nslookup and httpd (busybox).',
          }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
export type KubeconfigProfile = Static<typeof KubeconfigProfile>;

/** `clusters/*.yaml`: where scenarios run. */
export const ClusterProfile = Type.Object(
  {
    apiVersion: Type.Literal('culprit.dev/v1'),
    kind: Type.Literal('ClusterProfile'),
    name: Type.String(),
    provider: Type.Union([Type.Literal('embedded'), Type.Literal('kind'), Type.Literal('kubeconfig')]),
    embedded: Type.Optional(
      Type.Object(
        {
          kubernetesVersion: Type.String({ description: 'Version the API reports, e.g. "v1.34.2".' }),
          nodes: Type.Array(NodeProfile, { minItems: 1 }),
          scrapeInterval: Type.Optional(Type.String({ default: '15s' })),
          evaluationInterval: Type.Optional(Type.String({ default: '15s' })),
        },
        { additionalProperties: false },
      ),
    ),
    /** The section of the provider kind (`kind` says what the file is). */
    kindCluster: Type.Optional(KindProfile),
    /** The section of the provider kubeconfig. */
    kubeconfig: Type.Optional(KubeconfigProfile),
    timing: Type.Optional(TimingProfile),
  },
  { additionalProperties: false },
);
export type ClusterProfile = Static<typeof ClusterProfile>;
