import { key as fold, mix, unit } from '../base/random.ts';
import { answerStatus } from './answer-status.ts';
import type { CompiledProgram, CompiledRoute } from './compiled-program.ts';
import { Consumers } from './consumers.ts';
import { Failure } from './failure.ts';
import type { Host, Inbound, Link } from './host.ts';
import { Instance } from './instance.ts';
import { runSteps } from './steps.ts';
import { type Effect, Task } from './task.ts';
import type { Upstream } from './upstream.ts';

const lameDuckMs = 2000;
const startAttempts = 5;
const housekeepingMs = 5000;
const notFound = 404;

/** A service process: starts up, serves requests, consumes messages, drains and ends. */
export class Service {
  readonly instance: Instance;
  readonly #host: Host;
  readonly #program: CompiledProgram;
  readonly #routes = new Map<string, CompiledRoute | undefined>();
  readonly #queue: Inbound[] = [];
  readonly #key: number;
  #state: 'starting' | 'serving' | 'draining' | 'ended' = 'starting';
  #busy = 0;
  #periodicOrdinal = 0;
  readonly #consumers: Consumers;

  constructor(program: CompiledProgram, host: Host) {
    this.#host = host;
    this.#program = program;
    this.instance = new Instance(program, host);
    this.#key = fold(host.identity.seed, 'service', host.identity.namespace, program.name);
    this.#consumers = new Consumers(this.instance, this.#key, () => this.#state === 'serving');
    for (const route of program.routes) this.#routes.set(route.label, route);
  }

  get isServing(): boolean {
    return this.#state === 'serving' || this.#state === 'draining';
  }

  start(): void {
    const task = this.#task('start');
    task.start(this.#main(task));
  }

  /** SIGTERM: serves on while endpoints are updated, then closes the listener, drains and exits. */
  terminate(): void {
    if (this.#state === 'starting') {
      this.#end(143);
      return;
    }
    if (this.#state !== 'serving') return;
    this.#state = 'draining';
    this.instance.logger.log('info', 'received SIGTERM, shutting down gracefully');
    const task = this.#task('shutdown');
    task.start(this.#shutDown(task));
  }

  /** Status of `/healthz` or `/readyz`; `readyz` may have to try an upstream first. */
  health(path: string, done: (status: number) => void): void {
    if (path !== '/readyz') {
      const known = path === '/healthz' || path === '/metrics' || this.#route(`GET ${path}`) !== undefined;
      done(known ? 200 : notFound);
      return;
    }
    if (this.#state !== 'serving') {
      done(503);
      return;
    }
    const missing = this.#program.readyNeeds.filter((upstream) => !isReached(upstream));
    if (missing.length === 0) {
      done(200);
      return;
    }
    const task = this.#task('GET /readyz');
    task.start(this.#reach(task, missing, done));
  }

  /** A request came in. */
  serve(inbound: Inbound): void {
    if (this.#busy >= this.#program.concurrency) {
      if (this.#queue.length < this.#program.backlog) this.#queue.push(inbound);
      else this.#reject(inbound);
      return;
    }
    this.#begin(inbound);
  }

  #begin(inbound: Inbound): void {
    const route = this.#route(inbound.route);
    if (route === undefined) {
      inbound.answer(notFound);
      return;
    }
    this.#busy++;
    this.instance.inFlight++;
    const host = this.#host;
    const task = new Task(host, inbound.trace, mix(inbound.key, 0x5e), route.label);
    const startMs = host.nowMs();
    const holding = { kib: this.#program.perRequestKiB };
    host.hold(holding.kib);
    task.start(runSteps(this.instance, task, route.steps, task.spanKey, holding), (failure) => {
      this.#finish(task, route, inbound, startMs, holding.kib, failure);
    });
  }

  #finish(
    task: Task,
    route: CompiledRoute,
    inbound: Inbound,
    startMs: number,
    heldKib: number,
    failure: Failure | undefined,
  ): void {
    const host = this.#host;
    const instance = this.instance;
    const status = failure === undefined ? 200 : answerStatus(failure);
    const seconds = (host.nowMs() - startMs) / 1000;
    route.durations.observe(status, seconds);
    if (task.trace !== undefined) {
      const error = status >= 500 ? String(status) : undefined;
      const message = failure !== undefined && status >= 500 ? instance.errorText(failure) : undefined;
      instance.observeOwn(
        route.shape,
        task.trace,
        task.spanKey,
        inbound.parent,
        startMs,
        status,
        error,
        message,
      );
    }
    if (failure !== undefined) this.#logEnd(task, failure, status);
    else if (this.#program.accessLogRatio > 0 && unit(mix(task.spanKey, 6)) < this.#program.accessLogRatio) {
      const fields = {
        method: route.method,
        route: route.path,
        status,
        duration_ms: Math.round(seconds * 1e5) / 100,
      };
      instance.logger.log('info', 'request completed', fields, task.trace, task.spanKey);
    }
    host.release(heldKib);
    this.#busy--;
    instance.inFlight--;
    inbound.answer(status);
    this.#next();
  }

  #logEnd(task: Task, failure: Failure, status: number): void {
    if (status >= 500) this.instance.logFailure(task, 'error', 'request failed', failure, status);
    else if (failure.kind === 'answer')
      this.instance.logFailure(task, 'warn', failure.operation, failure, status);
  }

  #next(): void {
    while (this.#queue.length > 0 && this.#busy < this.#program.concurrency) {
      const inbound = this.#queue.shift()!;
      if (!inbound.isAbandoned) this.#begin(inbound);
    }
  }

  #reject(inbound: Inbound): void {
    if (this.instance.logger.admits('overloaded')) {
      const fields = { in_flight: this.#busy, backlog: this.#queue.length };
      this.instance.logger.log(
        'error',
        'server overloaded, rejecting request',
        fields,
        inbound.trace,
        inbound.key,
      );
    }
    const route = this.#route(inbound.route);
    route?.durations.observe(503, 0);
    if (route !== undefined && inbound.trace !== undefined) {
      this.instance.observeOwn(
        route.shape,
        inbound.trace,
        mix(inbound.key, 0x5e),
        inbound.parent,
        this.#host.nowMs(),
        503,
        '503',
        'server overloaded',
      );
    }
    inbound.answer(503);
  }

  /** Exact labels first, then templates; what was found is remembered. */
  #route(label: string): CompiledRoute | undefined {
    if (this.#routes.has(label)) return this.#routes.get(label);
    const found = this.#program.routes.find((route) => {
      const pattern = route.label.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+');
      return new RegExp(`^${pattern}$`).test(label);
    });
    this.#routes.set(label, found);
    return found;
  }

  *#main(task: Task): Effect<void> {
    const host = this.#host;
    const program = this.#program;
    this.instance.logger.log('info', 'starting', { version: program.version });
    host.sleep(task, program.startupMs / 2);
    yield;
    host.compute(task, program.startupMs / 2);
    yield;
    const failure = yield* this.#prepare(task);
    if (failure !== undefined) {
      this.instance.logger.log('error', 'failed to start', { error: this.instance.errorText(failure) });
      this.#end(1);
      return;
    }
    this.#state = 'serving';
    host.listen();
    this.instance.logger.log('info', 'listening', { port: program.port });
    for (const subscription of program.subscriptions) this.#consumers.start(subscription);
    for (const job of program.periodic) {
      const worker = this.#task(job.name);
      worker.start(this.#repeat(worker, job));
    }
    for (;;) {
      host.sleep(task, housekeepingMs);
      yield;
      const now = host.nowMs();
      for (const upstream of program.upstreams) {
        upstream.idle.reap(now);
        upstream.pool?.reap(now);
      }
    }
  }

  /** The `start` steps, tried several times with growing pauses. */
  *#prepare(task: Task): Effect<Failure | undefined> {
    if (this.#program.start.length === 0) return undefined;
    for (let attempt = 1; ; attempt++) {
      const failure = yield* runSteps(this.instance, task, this.#program.start, mix(task.spanKey, attempt), {
        kib: 0,
      });
      if (failure === undefined || attempt === startAttempts) return failure;
      this.instance.logger.log('warn', 'start-up step failed, retrying', {
        attempt,
        error: this.instance.errorText(failure),
      });
      this.#host.sleep(task, 1000 * attempt);
      yield;
    }
  }

  *#repeat(task: Task, job: CompiledProgram['periodic'][number]): Effect<void> {
    const host = this.#host;
    const offset = unit(fold(this.#key, 'periodic', job.name));
    host.sleep(task, job.everyMs * offset);
    yield;
    while (this.#state === 'serving') {
      const failure = yield* runSteps(
        this.instance,
        task,
        job.steps,
        fold(this.#key, job.name, this.#periodicOrdinal++),
        { kib: 0 },
      );
      if (failure !== undefined) this.instance.logFailure(task, 'error', `${job.name} failed`, failure);
      host.sleep(task, job.everyMs);
      yield;
    }
  }

  *#reach(task: Task, upstreams: readonly Upstream[], done: (status: number) => void): Effect<void> {
    for (const upstream of upstreams) {
      const key = fold(this.#key, 'ready', upstream.name, Math.floor(this.#host.nowMs() / 1000));
      let failure: Failure | undefined;
      if (upstream.pool !== undefined) {
        const acquired = yield* upstream.pool.acquire(task, key);
        if (acquired instanceof Failure) failure = acquired;
        else upstream.pool.release(acquired, this.#host);
      } else {
        this.#host.open(task, upstream, key);
        const opened = (yield) as Link | Failure;
        if (opened instanceof Failure) failure = opened;
        else upstream.idle.give(opened, this.#host.nowMs());
      }
      if (failure !== undefined) {
        this.instance.logFailure(task, 'warn', 'readiness check failed', failure);
        done(503);
        return;
      }
    }
    done(200);
  }

  *#shutDown(task: Task): Effect<void> {
    const host = this.#host;
    const startMs = host.nowMs();
    host.sleep(task, Math.min(lameDuckMs, this.#program.shutdownMs / 2));
    yield;
    host.stopListening();
    while (this.#busy + this.#consumers.active > 0 && host.nowMs() - startMs < this.#program.shutdownMs) {
      host.sleep(task, 50);
      yield;
    }
    this.instance.logger.log('info', 'shutdown complete');
    this.#end(this.#program.runtime === 'java' ? 143 : 0);
  }

  #end(code: number): void {
    this.#state = 'ended';
    this.#host.exit(code);
  }

  #task(label: string): Task {
    return new Task(this.#host, undefined, fold(this.#key, label), label);
  }
}

/** A connection is there, or all of the pool's are in use: either way the upstream was reached. */
function isReached(upstream: Upstream): boolean {
  return upstream.pool === undefined
    ? upstream.idle.hasOpen()
    : upstream.pool.hasOpen() || upstream.pool.isExhausted;
}
