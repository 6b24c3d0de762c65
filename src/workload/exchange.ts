import { mix, unit } from '../base/random.ts';
import type { CompiledStep } from './compiled-program.ts';
import { Failure } from './failure.ts';
import type { Link, Outcome } from './host.ts';
import type { Instance } from './instance.ts';
import type { Operation } from './operations.ts';
import type { Effect, Task } from './task.ts';
import type { IdleLinks } from './upstream.ts';

/** Whether it makes sense to try again after this failure. */
function isRepeatable(operation: Operation, failure: Failure): boolean {
  if (failure.unsent) return true;
  if (failure.kind === 'pool-timeout' || failure.kind === 'auth') return false;
  return operation.isSafe && (failure.kind !== 'status' || failure.status >= 502);
}

/**
 * One exchange with an upstream over a kept or a new connection, with its retries; each attempt has a span and counts
 * in the metrics. Answers why it failed for good, if it did.
 */
export function* exchange(
  instance: Instance,
  task: Task,
  operation: Operation,
  key: number,
  idle: IdleLinks,
): Effect<Failure | undefined> {
  const upstream = operation.upstream;
  for (let attempt = 1; ; attempt++) {
    const host = task.host;
    const spanKey = mix(key, attempt);
    const startMs = host.nowMs();
    let link: Link | undefined = idle.take(startMs);
    let outcome: Outcome;
    let ip = '';
    if (link === undefined) {
      host.open(task, upstream, spanKey);
      const opened = (yield) as Link | Failure;
      if (opened instanceof Failure) outcome = opened;
      else {
        link = opened;
        outcome = 0;
      }
    } else outcome = 0;
    if (link !== undefined) {
      ip = link.ip;
      link.exchange(task, operation, task.trace, spanKey, upstream.timeoutMs - (host.nowMs() - startMs));
      outcome = (yield) as Outcome;
      idle.give(link, host.nowMs());
    }
    let failure: Failure | undefined;
    if (typeof outcome !== 'number') {
      failure = outcome;
      failure.operation = operation.text;
      ip = failure.ip;
    } else if (outcome >= 400) {
      failure = upstream.fail('status', ip, outcome);
      failure.operation = operation.text;
    }
    instance.observeExchange(
      task,
      operation,
      spanKey,
      startMs,
      typeof outcome === 'number' ? outcome : 0,
      failure,
      ip,
      attempt - 1,
    );
    if (failure === undefined) return undefined;
    if (attempt >= upstream.attempts || !isRepeatable(operation, failure)) return failure;
    host.sleep(task, upstream.backoffMs * 2 ** (attempt - 1) * (0.8 + 0.4 * unit(mix(spanKey, 2))));
    yield;
  }
}

/** One query through the upstream's pool. */
export function* query(
  instance: Instance,
  task: Task,
  step: Extract<CompiledStep, { kind: 'query' }>,
  key: number,
): Effect<Failure | undefined> {
  const operation = step.operation;
  const upstream = operation.upstream;
  const pool = upstream.pool;
  if (pool === undefined) return yield* exchange(instance, task, operation, key, upstream.idle);
  for (let attempt = 1; ; attempt++) {
    const host = task.host;
    const spanKey = mix(key, attempt);
    const startMs = host.nowMs();
    const acquired = yield* pool.acquire(task, spanKey);
    let failure: Failure | undefined;
    let ip = '';
    if (acquired instanceof Failure) {
      failure = acquired;
      ip = failure.ip;
    } else {
      ip = acquired.ip;
      acquired.exchange(task, operation, task.trace, spanKey, upstream.timeoutMs);
      const outcome = (yield) as Outcome;
      if (typeof outcome !== 'number') failure = outcome;
      const leaks =
        failure === undefined && upstream.leakRatio > 0 && unit(mix(spanKey, 3)) < upstream.leakRatio;
      if (!leaks) pool.release(acquired, host);
    }
    if (failure !== undefined) failure.operation = operation.text;
    instance.observeExchange(
      task,
      operation,
      spanKey,
      startMs,
      failure === undefined ? 200 : 0,
      failure,
      ip,
      0,
    );
    if (failure === undefined) return undefined;
    if (attempt >= upstream.attempts || !isRepeatable(operation, failure)) return failure;
    host.sleep(task, upstream.backoffMs * 2 ** (attempt - 1) * (0.8 + 0.4 * unit(mix(spanKey, 2))));
    yield;
  }
}
