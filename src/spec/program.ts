import { type Static, Type } from 'typebox';

/**
 * What runs inside an image: the behaviour of one service, described once and interpreted by `workload/` on every
 * provider. It ships inside the image and is selected by its tag; it is never visible in Kubernetes objects. What an
 * operator can turn is declared as `settings` (environment variables); a behaviour field refers to one as "$NAME".
 */

const strict = { additionalProperties: false } as const;
/** A number, or "$SETTING". */
const Value = Type.Union([Type.Number(), Type.String({ pattern: '^\\$[A-Z][A-Z0-9_]*$' })]);
/** A text, possibly "$SETTING". */
const Text = Type.String();

/** An environment variable the program reads. An invalid or missing required one makes it log why and exit 1. */
export const Setting = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Z][A-Z0-9_]*$' }),
    type: Type.Union(['integer', 'number', 'duration', 'address', 'string', 'boolean', 'secret'].map((t) => Type.Literal(t))),
    summary: Type.String(),
    required: Type.Optional(Type.Boolean()),
    default: Type.Optional(Type.String()),
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
    values: Type.Optional(Type.Array(Type.String())),
  },
  strict,
);

/** A remote the program talks to. */
export const Upstream = Type.Object(
  {
    name: Type.String({ description: 'Name used in steps, logs and spans (peer.service).' }),
    protocol: Type.Union(['http', 'postgres', 'redis', 'nats'].map((p) => Type.Literal(p))),
    address: Type.String({ description: '"host:port" or "$SETTING".' }),
    timeoutMs: Type.Optional(Value),
    retries: Type.Optional(Type.Object({ attempts: Value, backoffMs: Type.Optional(Value) }, strict)),
    /** Connections are kept and reused; new ones are made when none is idle or the kept one is too old. */
    keepAlive: Type.Optional(Type.Object({ idleMs: Type.Optional(Value), maxAgeMs: Type.Optional(Value) }, strict)),
    /** A bounded pool (databases). `leakRatio`: share of uses after which the connection is never given back. */
    pool: Type.Optional(
      Type.Object({ max: Value, acquireTimeoutMs: Type.Optional(Value), leakRatio: Type.Optional(Type.Number()) }, strict),
    ),
    user: Type.Optional(Text),
    password: Type.Optional(Text),
    database: Type.Optional(Text),
  },
  strict,
);

/** One step of a handler. Exactly one of the keys. */
export const Step = Type.Cyclic(
  {
    Step: Type.Union([
      /** CPU work in milliseconds of one core (mean; spread is log-normal like). */
      Type.Object({ work: Value }, strict),
      /** Time that passes without CPU. */
      Type.Object({ wait: Value }, strict),
      /** HTTP request to an upstream. `optional`: a failure is logged and the handler goes on without the answer. */
      Type.Object({ call: Type.String(), route: Type.String({ description: '"POST /charge"' }), optional: Type.Optional(Type.Boolean()) }, strict),
      /** Branches at the same time; fails if one of them fails. */
      Type.Object({ parallel: Type.Array(Type.Array(Type.Ref('Step'))) }, strict),
      /** SQL through the upstream's pool; `workMs` is the server's time. */
      Type.Object({ query: Type.String(), statement: Type.String(), workMs: Value, optional: Type.Optional(Type.Boolean()) }, strict),
      /** A Redis command; `hitRatio` decides for reads whether `miss` steps run. */
      Type.Object(
        {
          cache: Type.String(),
          command: Type.String(),
          hitRatio: Type.Optional(Value),
          miss: Type.Optional(Type.Array(Type.Ref('Step'))),
          optional: Type.Optional(Type.Boolean()),
        },
        strict,
      ),
      /** A message to a NATS subject. */
      Type.Object({ publish: Type.String(), subject: Type.String(), optional: Type.Optional(Type.Boolean()) }, strict),
      Type.Object({ chance: Type.Number({ minimum: 0, maximum: 1 }), steps: Type.Array(Type.Ref('Step')) }, strict),
      Type.Object({ repeat: Type.Integer({ minimum: 1 }), steps: Type.Array(Type.Ref('Step')) }, strict),
      Type.Object({ log: Type.String(), level: Type.Optional(Type.Union(['debug', 'info', 'warn', 'error'].map((l) => Type.Literal(l)))) }, strict),
      /** An answer the program itself gives with this probability, e.g. a declined card: status below 500 is no error of the server. */
      Type.Object({ respond: Type.Integer(), probability: Type.Number(), message: Type.String() }, strict),
      /** Memory that is taken and given back only at the end of the request, or never (`leak`), in KiB. */
      Type.Object({ allocate: Value, leak: Type.Optional(Type.Boolean()) }, strict),
    ]),
  },
  'Step',
);
export type Step = Static<typeof Step>;

export const Route = Type.Object(
  {
    method: Type.String(),
    path: Type.String({ description: 'Template, e.g. "/api/products/{id}": the http.route.' }),
    steps: Type.Array(Step),
  },
  strict,
);

/** A queue consumer. */
export const Subscription = Type.Object(
  {
    upstream: Type.String(),
    subject: Type.String(),
    group: Type.String(),
    concurrency: Value,
    steps: Type.Array(Step),
  },
  strict,
);

/** One user journey of a load generator: pages in order with thinking time between. */
export const Journey = Type.Object(
  {
    name: Type.String(),
    weight: Type.Number(),
    requests: Type.Array(Type.Object({ route: Type.String(), thinkMs: Type.Optional(Type.Number()) }, strict)),
  },
  strict,
);

const behaviour = {
  /** Look of logs and error texts. */
  runtime: Type.Optional(Type.Union(['go', 'node', 'java', 'python'].map((r) => Type.Literal(r)))),
  port: Type.Optional(Value),
  startupMs: Type.Optional(Type.Number()),
  shutdownMs: Type.Optional(Type.Number()),
  memory: Type.Optional(
    Type.Object(
      { baseMiB: Type.Number(), perRequestKiB: Type.Optional(Type.Number()), cacheMiB: Type.Optional(Value), cacheFillMs: Type.Optional(Type.Number()) },
      strict,
    ),
  ),
  settings: Type.Optional(Type.Array(Setting)),
  upstreams: Type.Optional(Type.Array(Upstream)),
  /** Requests handled at once; more wait (and are refused with 503 beyond `backlog`). */
  concurrency: Type.Optional(Type.Object({ max: Value, backlog: Type.Optional(Value) }, strict)),
  routes: Type.Optional(Type.Array(Route)),
  subscriptions: Type.Optional(Type.Array(Subscription)),
  periodic: Type.Optional(Type.Array(Type.Object({ name: Type.String(), everyMs: Type.Number(), steps: Type.Array(Step) }, strict))),
  /** Steps done once at start, before the program is ready (migrations, warming); a failing one is retried, then exits 1. */
  start: Type.Optional(Type.Array(Step)),
  /** Readiness also needs these upstreams to be reachable. */
  readyNeeds: Type.Optional(Type.Array(Type.String())),
  /** Only for `kind: load-generator`. */
  journeys: Type.Optional(Type.Array(Journey)),
  /** Share of requests that get an info access-log line, 0..1; failures are always logged (rate-limited per message). */
  accessLogRatio: Type.Optional(Type.Number()),
  /** Only for stores: limits and speed. */
  maxConnections: Type.Optional(Value),
};

export const Program = Type.Object(
  {
    name: Type.String(),
    summary: Type.String(),
    /** `postgres`, `redis` and `nats` are stores: real ones on kind, their behaviour modelled on `embedded`. */
    kind: Type.Union(['service', 'load-generator', 'postgres', 'redis', 'nats'].map((k) => Type.Literal(k))),
    image: Type.String({ description: 'Repository without tag; one of its own for each service.' }),
    ...behaviour,
    /** Tags that can be pulled, oldest first, each with what differs from the description above (merged: null removes). */
    releases: Type.Array(
      Type.Object(
        {
          tag: Type.String(),
          summary: Type.Optional(Type.String()),
          changes: Type.Optional(Type.Partial(Type.Object(behaviour, strict))),
          /** A defect of this release, so that faults can choose one: e.g. `leaks-connections`. */
          defect: Type.Optional(Type.String()),
        },
        strict,
      ),
      { minItems: 1 },
    ),
  },
  strict,
);
export type Program = Static<typeof Program>;
