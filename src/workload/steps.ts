import { mix, unit } from '../base/random.ts';
import type { CompiledStep } from './compiled-program.ts';
import { exchange, query } from './exchange.ts';
import { Failure } from './failure.ts';
import type { Instance } from './instance.ts';
import { spread } from './spread.ts';
import { type Effect, Task } from './task.ts';

/** What a handler holds until it ends. */
export interface Holding {
  kib: number;
}

/**
 * Runs steps for a task, each with a key of its own made of `key` and its place, so that no step's draws depend on
 * what others did. Answers the failure (or the answer the program gives itself) that ended them early.
 */
export function* runSteps(
  instance: Instance,
  task: Task,
  steps: readonly CompiledStep[],
  key: number,
  holding: Holding,
): Effect<Failure | undefined> {
  const host = task.host;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    const stepKey = mix(key, i + 1);
    let failure: Failure | undefined;
    switch (step.kind) {
      case 'work':
        host.compute(task, spread(step.ms, stepKey));
        yield;
        continue;
      case 'wait':
        host.sleep(task, spread(step.ms, stepKey));
        yield;
        continue;
      case 'call':
      case 'publish':
        failure = yield* exchange(instance, task, step.operation, stepKey, step.operation.upstream.idle);
        break;
      case 'query':
        failure = yield* query(instance, task, step, stepKey);
        break;
      case 'cache': {
        failure = yield* exchange(instance, task, step.operation, stepKey, step.operation.upstream.idle);
        const missed = failure !== undefined || unit(mix(stepKey, 4)) >= step.hitRatio;
        if (failure !== undefined && !step.optional) return failure;
        if (failure !== undefined) instance.logFailure(task, 'warn', 'cache unavailable', failure);
        failure =
          missed && step.miss.length > 0
            ? yield* runSteps(instance, task, step.miss, stepKey, holding)
            : undefined;
        if (failure !== undefined) return failure;
        continue;
      }
      case 'parallel':
        failure = yield* runParallel(instance, task, step.branches, stepKey, holding);
        if (failure !== undefined) return failure;
        continue;
      case 'chance':
        if (unit(stepKey) < step.chance)
          failure = yield* runSteps(instance, task, step.steps, stepKey, holding);
        if (failure !== undefined) return failure;
        continue;
      case 'repeat':
        for (let round = 0; round < step.times; round++) {
          failure = yield* runSteps(instance, task, step.steps, mix(stepKey, round), holding);
          if (failure !== undefined) return failure;
        }
        continue;
      case 'log':
        if (step.level === 'info' || step.level === 'debug' || instance.logger.admits(step.message)) {
          instance.logger.log(
            step.level,
            step.message,
            task.label === '' ? {} : { route: task.label },
            task.trace,
            task.spanKey,
          );
        }
        continue;
      case 'respond':
        if (unit(stepKey) < step.probability) {
          failure = new Failure('answer', undefined, '', step.status);
          failure.operation = step.message;
          return failure;
        }
        continue;
      case 'allocate':
        if (step.leak) host.leak(step.kib);
        else {
          holding.kib += step.kib;
          host.hold(step.kib);
        }
        continue;
    }
    if (failure === undefined) continue;
    if (!step.optional) return failure;
    instance.logFailure(task, 'warn', optionalMessage(failure), failure);
  }
  return undefined;
}

function optionalMessage(failure: Failure): string {
  return failure.upstream?.protocol === 'http'
    ? `${failure.upstream.name} unavailable, continuing without`
    : 'operation failed, continuing';
}

/** Branches at once, as tasks of their own; the first failure in order of the branches counts. */
function* runParallel(
  instance: Instance,
  parent: Task,
  branches: readonly (readonly CompiledStep[])[],
  key: number,
  holding: Holding,
): Effect<Failure | undefined> {
  const failures: (Failure | undefined)[] = [];
  let open = branches.length;
  let waiting = false;
  for (let i = 0; i < branches.length; i++) {
    const branch = new Task(parent.host, parent.trace, parent.spanKey, parent.label);
    branch.start(runSteps(instance, branch, branches[i]!, mix(key, i + 1), holding), (failure) => {
      if (failure !== undefined) failures[i] = failure;
      if (--open === 0 && waiting) parent.resume(undefined);
    });
  }
  if (open > 0) {
    waiting = true;
    yield;
  }
  return failures.find((failure) => failure !== undefined);
}
