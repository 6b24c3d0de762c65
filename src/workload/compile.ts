import { parseDuration } from '../base/duration.ts';
import type { Step } from '../spec/program.ts';
import type { CompiledJourney, CompiledProgram, CompiledStep } from './compiled-program.ts';
import type { Level } from './logger.ts';
import { Histogram, HistogramFamily } from './metrics.ts';
import {
  cacheOperation,
  clientHistogram,
  httpOperation,
  publishOperation,
  queryOperation,
} from './operations.ts';
import type { ReleasedProgram } from './release.ts';
import type { Settings } from './settings.ts';
import { Upstream } from './upstream.ts';

const defaultTimeouts = { http: 2000, postgres: 5000, redis: 500, nats: 2000 } as const;
const defaultPorts = { http: 8080, postgres: 5432, redis: 6379, nats: 4222 } as const;
const oneDayMs = parseDuration('1d')!;

/** Something in a program that cannot be run, e.g. a step that names an unknown upstream. */
class ProgramError extends Error {}

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
        operation: httpOperation(edge, request.route),
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
          operation: httpOperation(this.#find(step.call, 'http'), step.route),
          optional: step.optional ?? false,
        },
      ];
    }
    if ('parallel' in step)
      return [
        { kind: 'parallel', branches: step.parallel.map((branch) => this.#steps(branch as readonly Step[])) },
      ];
    if ('query' in step) {
      const operation = queryOperation(
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
          operation: cacheOperation(this.#find(step.cache, 'redis'), step.command),
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
          operation: publishOperation(this.#find(step.publish, 'nats'), step.subject),
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
