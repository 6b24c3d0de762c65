import { type Static, Type } from 'typebox';

/**
 * What runs inside an image: the behaviour of one service, described once and interpreted by `workload/` on every
 * provider. It ships inside the image and is selected by its tag; it is never visible in Kubernetes objects. What an
 * operator can turn is declared as `settings` (environment variables); a behaviour field refers to one as "$NAME":
 * an integer or number is taken as it is, a duration in milliseconds, a boolean as 1 or 0.
 *
 * Every service answers `GET /healthz` (it runs), `GET /readyz` (it can serve, see `readyNeeds`) and `GET /metrics`
 * on `port` (default 8080) without a route of its own. Stores listen on 5432, 6379 and 4222 unless `port` says
 * otherwise, and read what the real images read: postgres POSTGRES_USER (default postgres), POSTGRES_PASSWORD,
 * POSTGRES_DB and the arguments `-c max_connections=N`; redis the arguments `--requirepass TEXT` and
 * `--maxclients N`, or the environment variable REDIS_PASSWORD.
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
    type: Type.Enum(['integer', 'number', 'duration', 'address', 'string', 'boolean', 'secret']),
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
    protocol: Type.Enum(['http', 'postgres', 'redis', 'nats']),
    address: Type.String({ description: '"host:port" or "$SETTING".' }),
    /** Of one attempt, from sending to the answer. Default: http 2000, postgres 5000, redis 500, nats 2000. */
    timeoutMs: Type.Optional(Value),
    /** Of making a connection. Default: 1000, and never more than `timeoutMs`. */
    connectTimeoutMs: Type.Optional(Value),
    /**
     * `attempts` in all (1: no retry), `backoffMs` (default 100) doubling, with jitter. GET is retried after every
     * failure and after 502, 503, 504; other methods only when the request was never sent.
     */
    retries: Type.Optional(Type.Object({ attempts: Value, backoffMs: Type.Optional(Value) }, strict)),
    /** Default: idle 30000, age unlimited. `idleMs: 0`: a new connection each time. Connections are kept and reused; new ones are made when none is idle or the kept one is too old. */
    keepAlive: Type.Optional(
      Type.Object({ idleMs: Type.Optional(Value), maxAgeMs: Type.Optional(Value) }, strict),
    ),
    /** A bounded pool (databases). `leakRatio`: share of uses after which the connection is never given back. */
    pool: Type.Optional(
      Type.Object(
        { max: Value, acquireTimeoutMs: Type.Optional(Value), leakRatio: Type.Optional(Type.Number()) },
        strict,
      ),
    ),
    /** A text, or "$SETTING" (or "$SETTING" of type secret). */
    user: Type.Optional(Text),
    password: Type.Optional(Text),
    database: Type.Optional(Text),
  },
  strict,
);

/** What a release changes about an upstream: the one of this name. */
const UpstreamChange = Type.Object(
  {
    name: Type.String(),
    timeoutMs: Type.Optional(Value),
    connectTimeoutMs: Type.Optional(Value),
    retries: Type.Optional(Type.Object({ attempts: Value, backoffMs: Type.Optional(Value) }, strict)),
    keepAlive: Type.Optional(
      Type.Object({ idleMs: Type.Optional(Value), maxAgeMs: Type.Optional(Value) }, strict),
    ),
    pool: Type.Optional(
      Type.Object(
        {
          max: Type.Optional(Value),
          acquireTimeoutMs: Type.Optional(Value),
          leakRatio: Type.Optional(Type.Number()),
        },
        strict,
      ),
    ),
  },
  strict,
);

/**
 * One step of a handler. A step that fails ends the handler: 504 after a timeout of an HTTP upstream, 502 after
 * another failure of one, 500 after a store's; `optional` steps are logged as warnings instead.
 */
export const Step = Type.Cyclic(
  {
    Step: Type.Union([
      /** CPU work in milliseconds of one core (mean; spread is log-normal like). */
      Type.Object({ work: Value }, strict),
      /** Time that passes without CPU. */
      Type.Object({ wait: Value }, strict),
      /** HTTP request to an upstream. `optional`: a failure is logged and the handler goes on without the answer. */
      Type.Object(
        {
          call: Type.String(),
          route: Type.String({ description: '"POST /charge"' }),
          optional: Type.Optional(Type.Boolean()),
        },
        strict,
      ),
      /** Branches at the same time; fails if one of them fails. */
      Type.Object({ parallel: Type.Array(Type.Array(Type.Ref('Step'))) }, strict),
      /** SQL through the upstream's pool; `workMs` is the server's time. */
      Type.Object(
        {
          query: Type.String(),
          statement: Type.String(),
          workMs: Value,
          optional: Type.Optional(Type.Boolean()),
        },
        strict,
      ),
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
      Type.Object(
        { publish: Type.String(), subject: Type.String(), optional: Type.Optional(Type.Boolean()) },
        strict,
      ),
      Type.Object(
        { chance: Type.Number({ minimum: 0, maximum: 1 }), steps: Type.Array(Type.Ref('Step')) },
        strict,
      ),
      Type.Object({ repeat: Type.Integer({ minimum: 1 }), steps: Type.Array(Type.Ref('Step')) }, strict),
      /** Only if the (boolean or numeric) setting is not zero. */
      Type.Object(
        { when: Type.String({ description: '"$SETTING".' }), steps: Type.Array(Type.Ref('Step')) },
        strict,
      ),
      Type.Object(
        {
          log: Type.String(),
          level: Type.Optional(Type.Enum(['debug', 'info', 'warn', 'error'])),
        },
        strict,
      ),
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
    requests: Type.Array(
      Type.Object({ route: Type.String(), thinkMs: Type.Optional(Type.Number()) }, strict),
    ),
  },
  strict,
);

const behaviour = {
  /** Look of logs and error texts. Default go. */
  runtime: Type.Optional(Type.Enum(['go', 'node', 'java', 'python'])),
  port: Type.Optional(Value),
  /** From the start of the process to the first `start` step or listening; half of it is CPU work. Default 1500. */
  startupMs: Type.Optional(Type.Number()),
  /** Longest time to drain after SIGTERM: it serves on for up to 2 s, then closes the listener. Default 5000. */
  shutdownMs: Type.Optional(Type.Number()),
  memory: Type.Optional(
    Type.Object(
      {
        /** Working set when idle. */
        baseMiB: Type.Number(),
        /** Held by a request in flight; afterwards it is garbage until the next collection. Default 256. */
        perRequestKiB: Type.Optional(Type.Number()),
        /** An in-process cache that fills linearly after the start, within `cacheFillMs` (default 120000). */
        cacheMiB: Type.Optional(Value),
        cacheFillMs: Type.Optional(Type.Number()),
        /** Garbage that may pile up between two collections; collected earlier when the limit is near. Default 15 % of base. */
        garbageMiB: Type.Optional(Type.Number()),
      },
      strict,
    ),
  ),
  settings: Type.Optional(Type.Array(Setting)),
  upstreams: Type.Optional(Type.Array(Upstream)),
  /** Requests handled at once (default 256); more wait, and are refused with 503 beyond `backlog` (default 256). */
  concurrency: Type.Optional(Type.Object({ max: Value, backlog: Type.Optional(Value) }, strict)),
  routes: Type.Optional(Type.Array(Route)),
  subscriptions: Type.Optional(Type.Array(Subscription)),
  periodic: Type.Optional(
    Type.Array(Type.Object({ name: Type.String(), everyMs: Type.Number(), steps: Type.Array(Step) }, strict)),
  ),
  /** Steps done once at start, before the program is ready (migrations, warming); a failing one is retried, then exits 1. */
  start: Type.Optional(Type.Array(Step)),
  /** Readiness also needs these upstreams to be reachable. */
  readyNeeds: Type.Optional(Type.Array(Type.String())),
  /**
   * Only for `kind: load-generator`: its one http upstream is the edge; journeys begin at such a rate that the
   * requests of all of them together reach the load asked for. `settings` may hold nothing but addresses.
   */
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
    kind: Type.Enum(['service', 'load-generator', 'postgres', 'redis', 'nats']),
    image: Type.String({ description: 'Repository without tag; one of its own for each service.' }),
    ...behaviour,
    /** Tags that can be pulled, oldest first, each with what differs from the description above. `settings` and `upstreams` are merged by name, `routes` by method and path (given routes replace or add), objects by field; everything else is replaced. */
    releases: Type.Array(
      Type.Object(
        {
          tag: Type.String(),
          summary: Type.Optional(Type.String()),
          changes: Type.Optional(
            Type.Partial(
              Type.Object({ ...behaviour, upstreams: Type.Optional(Type.Array(UpstreamChange)) }, strict),
            ),
          ),
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
