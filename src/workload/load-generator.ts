import { key as fold, mix, unit } from '../base/random.ts';
import type { CompiledJourney, CompiledProgram } from './compiled-program.ts';
import { exchange } from './exchange.ts';
import type { Host } from './host.ts';
import { Instance } from './instance.ts';
import { spread } from './spread.ts';
import { type Effect, Task } from './task.ts';
import { Trace, traceId } from './tracing.ts';
import { IdleLinks } from './upstream.ts';

/**
 * Users: journeys begin at random (a Poisson process whose rate drifts mildly), whether or not earlier ones get their
 * answers. Every journey is identified by the second it begins in and its number therein, so that it does not depend
 * on what happened before.
 */
export class LoadGenerator {
  readonly instance: Instance;
  readonly #host: Host;
  readonly #journeys: readonly CompiledJourney[];
  readonly #totalWeight: number;
  readonly #requestsPerJourney: number;
  readonly #key: number;
  readonly #startupMs: number;
  /** The second that counts as the first: what happens in a second depends on how long after it it is. */
  #origin = 0;

  constructor(program: CompiledProgram, host: Host) {
    this.#host = host;
    this.instance = new Instance(program, host);
    this.#journeys = program.journeys;
    this.#startupMs = program.startupMs;
    this.#totalWeight = program.journeys.reduce((sum, journey) => sum + journey.weight, 0);
    this.#requestsPerJourney =
      program.journeys.reduce((sum, journey) => sum + journey.weight * journey.requests.length, 0) /
      this.#totalWeight;
    this.#key = fold(host.identity.seed, 'users', host.identity.namespace, program.name);
  }

  start(): void {
    const task = new Task(this.#host, undefined, 0, 'users');
    task.start(this.#main(task));
  }

  *#main(task: Task): Effect<void> {
    const host = this.#host;
    host.sleep(task, this.#startupMs);
    yield;
    host.listen();
    this.instance.logger.log('info', 'starting users', { journeys: this.#journeys.length });
    for (let second = Math.floor(host.nowMs() / 1000) + 1; ; second++) {
      // real timers wake a moment late: a second that has begun is worked off, one that is over is left out
      if ((second + 1) * 1000 <= host.nowMs()) second = Math.floor(host.nowMs() / 1000) + 1;
      const slotMs = second * 1000;
      const load = host.load();
      this.#origin = load.originSecond ?? 0;
      const since = second - this.#origin;
      const rate = (load.requestsPerSecond / this.#requestsPerJourney) * this.#drift(since);
      const slotKey = mix(this.#key, since >>> 0);
      let atMs = slotMs;
      for (let i = 0; rate > 0; i++) {
        const journeyKey = mix(slotKey, i);
        atMs += (-1000 / rate) * Math.log(1 - unit(journeyKey));
        if (atMs >= slotMs + 1000) break;
        if (i % load.count !== load.index) continue;
        host.sleep(task, atMs - host.nowMs());
        yield;
        this.#begin(mix(journeyKey, 1));
      }
      host.sleep(task, slotMs + 1000 - host.nowMs());
      yield;
    }
  }

  /** Slow wave of ±8 % in 40 minutes and changes of ±6 % from minute to minute, interpolated. */
  #drift(second: number): number {
    const phase = (second / 2400 + unit(mix(this.#key, 0xd1))) % 1;
    const wave = phase < 0.5 ? 4 * phase - 1 : 3 - 4 * phase;
    const minute = Math.floor(second / 60);
    const here = unit(mix(mix(this.#key, 0xd2), minute));
    const next = unit(mix(mix(this.#key, 0xd2), minute + 1));
    const between = here + (next - here) * ((second % 60) / 60);
    return 1 + 0.08 * wave + 0.12 * (between - 0.5);
  }

  #begin(journeyKey: number): void {
    let rest = unit(mix(journeyKey, 2)) * this.#totalWeight;
    const journey = this.#journeys.find((candidate) => {
      rest -= candidate.weight;
      return rest < 0;
    });
    if (journey === undefined) return;
    const first = journey.requests[0];
    if (first === undefined) return;
    const idle = new IdleLinks(first.operation.upstream.idleMs, first.operation.upstream.maxAgeMs);
    const lead = new Task(this.#host, undefined, 0, journey.name);
    lead.start(this.#walk(lead, journey, journeyKey, idle));
  }

  *#walk(task: Task, journey: CompiledJourney, journeyKey: number, idle: IdleLinks): Effect<void> {
    const requests = journey.requests;
    for (let i = 0; i < requests.length; i++) {
      const request = requests[i]!;
      const requestKey = mix(journeyKey, 16 + i);
      // Each page is a trace of its own.
      const page = new Task(this.#host, this.#trace(requestKey), 0, request.operation.text);
      page.start(exchange(this.instance, page, request.operation, requestKey, idle), (failure) => {
        if (failure !== undefined && (failure.kind !== 'status' || failure.status >= 500)) {
          this.instance.logFailure(page, 'error', 'request failed', failure);
        }
        task.resume(undefined);
      });
      yield;
      if (i + 1 < requests.length && request.thinkMs > 0) {
        this.#host.sleep(task, spread(request.thinkMs, mix(requestKey, 3)));
        yield;
      }
    }
    idle.take(this.#host.nowMs())?.close();
  }

  #trace(requestKey: number): Trace | undefined {
    const { traceSampling, errorTraceSampling } = this.#host.identity;
    const draw = unit(mix(requestKey, 0x7a));
    if (draw >= traceSampling + errorTraceSampling) return undefined;
    // the same request of another run is another trace
    const ordinal = this.#origin === 0 ? requestKey : mix(requestKey, this.#origin);
    return new Trace(traceId(this.#key, ordinal), draw >= traceSampling);
  }
}
