import { parseDuration } from '../base/duration.ts';
import type { Step } from '../spec/program.ts';
import type { Runtime } from './failure.ts';
import type { Level } from './logger.ts';
import { Histogram, HistogramFamily, type Labels } from './metrics.ts';
import type { ReleasedProgram } from './release.ts';
import type { Settings } from './settings.ts';
import type { SpanShape } from './tracing.ts';
import { Upstream } from './upstream.ts';

/** What is sent over a Link: a request, a query, a command, a message. */
export interface Operation {
  readonly upstream: Upstream;
  /** `POST /charge`, the SQL text, the Redis command, the NATS subject. */
  readonly text: string;
  /** Repeating it does no harm. */
  readonly isSafe: boolean;
  /** Work on the other side, for stores. */
  readonly workMs: number;
  readonly shape: SpanShape;
}

/** A step with everything resolved that does not change while the process runs. */
export type CompiledStep =
  | { readonly kind: 'work'; readonly ms: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'call'; readonly operation: Operation; readonly optional: boolean }
  | { readonly kind: 'parallel'; readonly branches: readonly (readonly CompiledStep[])[] }
  | { readonly kind: 'query'; readonly operation: Operation; readonly optional: boolean }
  | {
      readonly kind: 'cache';
      readonly operation: Operation;
      readonly optional: boolean;
      readonly hitRatio: number;
      readonly miss: readonly CompiledStep[];
    }
  | { readonly kind: 'publish'; readonly operation: Operation; readonly optional: boolean }
  | { readonly kind: 'chance'; readonly chance: number; readonly steps: readonly CompiledStep[] }
  | { readonly kind: 'repeat'; readonly times: number; readonly steps: readonly CompiledStep[] }
  | { readonly kind: 'log'; readonly message: string; readonly level: Level }
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly probability: number;
      readonly message: string;
    }
  | { readonly kind: 'allocate'; readonly kib: number; readonly leak: boolean };

export interface CompiledRoute {
  readonly method: string;
  readonly path: string;
  readonly label: string;
  readonly steps: readonly CompiledStep[];
  readonly shape: SpanShape;
  readonly durations: HistogramFamily<number>;
}

export interface CompiledSubscription {
  readonly upstream: Upstream;
  readonly subject: string;
  readonly group: string;
  readonly concurrency: number;
  readonly steps: readonly CompiledStep[];
  readonly shape: SpanShape;
}

export interface CompiledJourney {
  readonly weight: number;
  readonly name: string;
  readonly requests: readonly { readonly operation: Operation; readonly thinkMs: number }[];
}

/** A program at a release with its settings: ready to run. */
export interface CompiledProgram {
  readonly name: string;
  readonly version: string;
  readonly runtime: Runtime;
  readonly port: number;
  readonly startupMs: number;
  readonly shutdownMs: number;
  readonly concurrency: number;
  readonly backlog: number;
  readonly perRequestKiB: number;
  readonly upstreams: readonly Upstream[];
  readonly routes: readonly CompiledRoute[];
  readonly subscriptions: readonly CompiledSubscription[];
  readonly periodic: readonly {
    readonly name: string;
    readonly everyMs: number;
    readonly steps: readonly CompiledStep[];
    readonly shape: SpanShape;
  }[];
  readonly start: readonly CompiledStep[];
  readonly readyNeeds: readonly Upstream[];
  readonly journeys: readonly CompiledJourney[];
  readonly accessLogRatio: number;
  /** Lowest level that is logged: the setting LOG_LEVEL, if the program declares one. */
  readonly logLevel: Level;
}

const defaultTimeouts = { http: 2000, postgres: 5000, redis: 500, nats: 2000 } as const;
export const defaultPorts = { http: 8080, postgres: 5432, redis: 6379, nats: 4222 } as const;
const oneDayMs = parseDuration('1d')!;
/** Bounds of client-side histograms in seconds: coarser, for there are many of them. */
const clientBounds: readonly number[] = [0.005, 0.025, 0.1, 0.5, 1, 2.5];

/** Something in a program that cannot be run, e.g. a step that names an unknown upstream. */
export class ProgramError extends Error {}

/** Resolves a program once, at the start of a process. Throws ProgramError where the description contradicts itself. */
export function compileProgram(program: ReleasedProgram, settings: Settings): CompiledProgram {
  return new Compiler(program, settings).compile();
}

class Compiler {
  readonly #program: ReleasedProgram;
  readonly #settings: Settings;
  readonly #upstreams = new Map<string, Upstream>();
  constructor(program: ReleasedProgram, settings: Settings) {
    this.#program = program;
    this.#settings = settings;
    for (const upstream of program.upstreams ?? [])
      this.#upstreams.set(upstream.name, this.#upstream(upstream));
  }

  compile(): CompiledProgram {
    const program = this.#program;
    const number = (value: number | string | undefined, fallback: number): number =>
      this.#settings.number(value, fallback);
    return {
      name: program.name,
      version: program.tag,
      runtime: program.runtime ?? 'go',
      port: number(program.port, 8080),
      startupMs: program.startupMs ?? 1500,
      shutdownMs: program.shutdownMs ?? 5000,
      concurrency: Math.max(1, number(program.concurrency?.max, 256)),
      backlog: number(program.concurrency?.backlog, 256),
      perRequestKiB: program.memory?.perRequestKiB ?? 256,
      upstreams: [...this.#upstreams.values()],
      routes: (program.routes ?? []).map((route) => {
        const labels = { http_request_method: route.method, http_route: route.path };
        return {
          method: route.method,
          path: route.path,
          label: `${route.method} ${route.path}`,
          steps: this.#steps(route.steps),
          shape: {
            name: `${route.method} ${route.path}`,
            kind: 'SERVER' as const,
            attributes: {
              'http.request.method': route.method,
              'http.route': route.path,
              'url.scheme': 'http',
            },
          },
          durations: new HistogramFamily(
            (status: number) =>
              new Histogram('http_server_request_duration_seconds', {
                ...labels,
                http_response_status_code: String(status),
              }),
          ),
        };
      }),
      subscriptions: (program.subscriptions ?? []).map((subscription) => ({
        upstream: this.#find(subscription.upstream, 'nats'),
        subject: subscription.subject,
        group: subscription.group,
        concurrency: Math.max(1, number(subscription.concurrency, 1)),
        steps: this.#steps(subscription.steps),
        shape: {
          name: `process ${subscription.subject}`,
          kind: 'CONSUMER' as const,
          attributes: {
            'messaging.system': 'nats',
            'messaging.operation.type': 'process',
            'messaging.operation.name': 'process',
            'messaging.destination.name': subscription.subject,
            'messaging.consumer.group.name': subscription.group,
          },
        },
      })),
      periodic: (program.periodic ?? []).map((job) => ({
        name: job.name,
        everyMs: job.everyMs,
        steps: this.#steps(job.steps),
        shape: { name: job.name, kind: 'INTERNAL' as const, attributes: {} },
      })),
      start: this.#steps(program.start ?? []),
      readyNeeds: (program.readyNeeds ?? []).map((name) => this.#find(name)),
      journeys: this.#journeys(),
      accessLogRatio: program.accessLogRatio ?? 0,
      logLevel: levelOf(this.#settings.text('$LOG_LEVEL')),
    };
  }

  #journeys(): CompiledJourney[] {
    const journeys = this.#program.journeys ?? [];
    if (journeys.length === 0) return [];
    const edge = [...this.#upstreams.values()].find((upstream) => upstream.protocol === 'http');
    if (edge === undefined)
      throw new ProgramError(`program "${this.#program.name}" has journeys but no http upstream`);
    return journeys.map((journey) => ({
      name: journey.name,
      weight: journey.weight,
      requests: journey.requests.map((request) => ({
        operation: this.#httpOperation(edge, request.route),
        thinkMs: request.thinkMs ?? 0,
      })),
    }));
  }

  #upstream(spec: NonNullable<ReleasedProgram['upstreams']>[number]): Upstream {
    const settings = this.#settings;
    const address = settings.text(spec.address);
    const colon = address.lastIndexOf(':');
    const timeoutMs = settings.number(spec.timeoutMs, defaultTimeouts[spec.protocol]);
    const upstream = new Upstream({
      name: spec.name,
      protocol: spec.protocol,
      host: colon < 0 ? address : address.slice(0, colon),
      port: colon < 0 ? defaultPorts[spec.protocol] : Number(address.slice(colon + 1)),
      timeoutMs,
      connectTimeoutMs: Math.min(timeoutMs, settings.number(spec.connectTimeoutMs, 1000)),
      attempts: Math.max(1, settings.number(spec.retries?.attempts, 1)),
      backoffMs: settings.number(spec.retries?.backoffMs, 100),
      idleMs: settings.number(spec.keepAlive?.idleMs, 30_000),
      maxAgeMs: settings.number(spec.keepAlive?.maxAgeMs, 365 * oneDayMs),
      pool:
        spec.pool === undefined
          ? undefined
          : {
              max: Math.max(1, settings.number(spec.pool.max, 10)),
              acquireTimeoutMs: settings.number(spec.pool.acquireTimeoutMs, 3000),
              leakRatio: spec.pool.leakRatio ?? 0,
            },
      user: settings.text(spec.user),
      password: settings.text(spec.password),
      database: settings.text(spec.database),
    });
    upstream.durations = new HistogramFamily((outcome) => clientHistogram(upstream, outcome));
    return upstream;
  }

  #find(name: string, protocol?: Upstream['protocol']): Upstream {
    const upstream = this.#upstreams.get(name);
    if (upstream === undefined || (protocol !== undefined && upstream.protocol !== protocol)) {
      throw new ProgramError(
        `program "${this.#program.name}" names ${protocol === undefined ? 'an' : `a ${protocol}`} upstream "${name}" that it does not declare`,
      );
    }
    return upstream;
  }

  #httpOperation(upstream: Upstream, route: string): Operation {
    const space = route.indexOf(' ');
    const method = space < 0 ? 'GET' : route.slice(0, space);
    const path = route.slice(space + 1);
    return {
      upstream,
      text: `${method} ${path}`,
      isSafe: method === 'GET' || method === 'HEAD',
      workMs: 0,
      shape: {
        name: `${method} ${path}`,
        kind: 'CLIENT',
        attributes: {
          'http.request.method': method,
          'url.template': path,
          'server.address': upstream.host,
          'server.port': upstream.port,
          'peer.service': upstream.name,
        },
      },
    };
  }

  #queryOperation(upstream: Upstream, statement: string, workMs: number): Operation {
    const summary = querySummary(statement);
    return {
      upstream,
      text: summary,
      isSafe: /^\s*select/i.test(statement),
      workMs,
      shape: {
        name: summary,
        kind: 'CLIENT',
        attributes: {
          'db.system.name': 'postgresql',
          'db.namespace': upstream.database,
          'db.query.summary': summary,
          'db.query.text': statement,
          'db.operation.name': summary.split(' ')[0] ?? '',
          'server.address': upstream.host,
          'server.port': upstream.port,
        },
      },
    };
  }

  #cacheOperation(upstream: Upstream, command: string): Operation {
    const verb = command.split(' ')[0] ?? command;
    return {
      upstream,
      text: verb,
      isSafe: /^(M?GET|HGET|HGETALL|EXISTS|TTL)$/i.test(verb),
      workMs: 0.05,
      shape: {
        name: verb,
        kind: 'CLIENT',
        attributes: {
          'db.system.name': 'redis',
          'db.operation.name': verb,
          'db.query.text': command,
          'server.address': upstream.host,
          'server.port': upstream.port,
        },
      },
    };
  }

  #publishOperation(upstream: Upstream, subject: string): Operation {
    return {
      upstream,
      text: subject,
      isSafe: false,
      workMs: 0.1,
      shape: {
        name: `publish ${subject}`,
        kind: 'PRODUCER',
        attributes: {
          'messaging.system': 'nats',
          'messaging.operation.type': 'send',
          'messaging.operation.name': 'publish',
          'messaging.destination.name': subject,
          'server.address': upstream.host,
          'server.port': upstream.port,
        },
      },
    };
  }

  #steps(steps: readonly Step[]): CompiledStep[] {
    return steps.flatMap((step) => this.#step(step));
  }

  #step(step: Step): CompiledStep[] {
    const number = (value: number | string): number => this.#settings.number(value, 0);
    if ('work' in step) return [{ kind: 'work', ms: number(step.work) }];
    if ('wait' in step) return [{ kind: 'wait', ms: number(step.wait) }];
    if ('call' in step) {
      return [
        {
          kind: 'call',
          operation: this.#httpOperation(this.#find(step.call, 'http'), step.route),
          optional: step.optional ?? false,
        },
      ];
    }
    if ('parallel' in step)
      return [
        { kind: 'parallel', branches: step.parallel.map((branch) => this.#steps(branch as readonly Step[])) },
      ];
    if ('query' in step) {
      const operation = this.#queryOperation(
        this.#find(step.query, 'postgres'),
        step.statement,
        number(step.workMs),
      );
      return [{ kind: 'query', operation, optional: step.optional ?? false }];
    }
    if ('cache' in step) {
      return [
        {
          kind: 'cache',
          operation: this.#cacheOperation(this.#find(step.cache, 'redis'), step.command),
          optional: step.optional ?? false,
          hitRatio: step.hitRatio === undefined ? 1 : number(step.hitRatio),
          miss: this.#steps((step.miss ?? []) as readonly Step[]),
        },
      ];
    }
    if ('publish' in step) {
      return [
        {
          kind: 'publish',
          operation: this.#publishOperation(this.#find(step.publish, 'nats'), step.subject),
          optional: step.optional ?? false,
        },
      ];
    }
    if ('chance' in step)
      return [{ kind: 'chance', chance: step.chance, steps: this.#steps(step.steps as readonly Step[]) }];
    if ('repeat' in step)
      return [{ kind: 'repeat', times: step.repeat, steps: this.#steps(step.steps as readonly Step[]) }];
    if ('when' in step) return number(step.when) === 0 ? [] : this.#steps(step.steps as readonly Step[]);
    if ('log' in step) return [{ kind: 'log', message: step.log, level: step.level ?? 'info' }];
    if ('respond' in step)
      return [
        { kind: 'respond', status: step.respond, probability: step.probability, message: step.message },
      ];
    return [{ kind: 'allocate', kib: number(step.allocate), leak: step.leak ?? false }];
  }
}

function levelOf(text: string): Level {
  const level = text.toLowerCase();
  if (level === 'warning') return 'warn';
  return level === 'debug' || level === 'warn' || level === 'error' ? level : 'info';
}

/** `SELECT orders` for `SELECT id FROM orders WHERE …`: OpenTelemetry's db.query.summary. */
export function querySummary(statement: string): string {
  const verb = (/^\s*(\w+)/.exec(statement)?.[1] ?? 'QUERY').toUpperCase();
  const table = /\b(?:from|into|update|table(?:\s+if\s+not\s+exists)?)\s+"?([\w.]+)"?/i.exec(statement)?.[1];
  return table === undefined ? verb : `${verb} ${table}`;
}

function clientHistogram(upstream: Upstream, outcome: string | number): Histogram {
  const server = { server_address: upstream.host };
  const isError = typeof outcome === 'string' || outcome >= 400;
  const failed: Labels = isError ? { error_type: String(outcome) } : {};
  if (upstream.protocol === 'http') {
    const status = typeof outcome === 'number' ? { http_response_status_code: String(outcome) } : {};
    return new Histogram(
      'http_client_request_duration_seconds',
      { ...server, ...status, ...failed },
      clientBounds,
    );
  }
  if (upstream.protocol === 'nats') {
    return new Histogram(
      'messaging_client_operation_duration_seconds',
      { ...server, messaging_system: 'nats', ...failed },
      clientBounds,
    );
  }
  const system = upstream.protocol === 'postgres' ? 'postgresql' : 'redis';
  return new Histogram(
    'db_client_operation_duration_seconds',
    { ...server, db_system_name: system, ...failed },
    clientBounds,
  );
}
