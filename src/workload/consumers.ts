import { key as fold, hash32, mix } from '../base/random.ts';
import { answerStatus } from './answer-status.ts';
import type { CompiledSubscription } from './compiled-program.ts';
import { Failure } from './failure.ts';
import type { Link, Message } from './host.ts';
import { consumedCounter, type Instance } from './instance.ts';
import type { Counter } from './metrics.ts';
import { runSteps } from './steps.ts';
import { type Effect, Task } from './task.ts';

/** The queue consumers of a service: each keeps its subscription up and handles what comes. */
export class Consumers {
  readonly #instance: Instance;
  readonly #key: number;
  readonly #isServing: () => boolean;
  /** Messages being handled. */
  active = 0;

  constructor(instance: Instance, key: number, isServing: () => boolean) {
    this.#instance = instance;
    this.#key = key;
    this.#isServing = isServing;
  }

  start(subscription: CompiledSubscription): void {
    const label = `subscribe ${subscription.subject}`;
    const task = new Task(this.#instance.host, undefined, fold(this.#key, label), label);
    task.start(this.#run(task, subscription));
  }

  /** Keeps a subscription up: connects, listens, notices a lost connection, connects again. */
  *#run(task: Task, subscription: CompiledSubscription): Effect<void> {
    const host = this.#instance.host;
    const upstream = subscription.upstream;
    const succeeded = this.#instance.metrics.add(
      consumedCounter(subscription.subject, subscription.group, false),
    );
    const failed = this.#instance.metrics.add(
      consumedCounter(subscription.subject, subscription.group, true),
    );
    for (let attempt = 1; this.#isServing(); attempt++) {
      host.open(task, upstream, fold(this.#key, 'subscribe', subscription.subject, attempt));
      const link = (yield) as Link | Failure;
      if (link instanceof Failure) {
        this.#instance.logFailure(task, 'error', 'cannot connect to message broker', link);
        host.sleep(task, Math.min(1000 * attempt, 5000));
        yield;
        continue;
      }
      attempt = 1;
      this.#instance.logger.log('info', 'subscribed', {
        subject: subscription.subject,
        queue: subscription.group,
      });
      link.subscribe(subscription.subject, subscription.group, subscription.concurrency, (message) => {
        this.#consume(subscription, message, succeeded, failed);
      });
      yield* this.#watch(task, subscription, link);
      if (!this.#isServing()) link.close();
      else if (this.#instance.logger.admits('disconnected')) {
        this.#instance.logger.log('warn', 'disconnected from message broker, reconnecting', {
          upstream: upstream.name,
        });
      }
    }
  }

  /** Returns when the connection is lost (noticed at once if it is reset, by a ping if the other side is silent). */
  *#watch(task: Task, subscription: CompiledSubscription, link: Link): Effect<void> {
    const ping = {
      upstream: subscription.upstream,
      text: 'PING',
      isSafe: true,
      workMs: 0,
      shape: subscription.shape,
    };
    for (let tick = 1; this.#isServing() && link.isOpen; tick++) {
      this.#instance.host.sleep(task, 1000);
      yield;
      if (tick % 20 !== 0 || !link.isOpen) continue;
      link.exchange(task, ping, undefined, tick, 5000);
      yield;
    }
  }

  #consume(subscription: CompiledSubscription, message: Message, succeeded: Counter, failed: Counter): void {
    const task = new Task(
      this.#instance.host,
      message.trace,
      mix(mix(message.key, hash32(subscription.group)), message.redeliveries),
      `process ${subscription.subject}`,
    );
    const host = this.#instance.host;
    const instance = this.#instance;
    const startMs = host.nowMs();
    const holding = { kib: this.#instance.program.perRequestKiB };
    this.active++;
    host.hold(holding.kib);
    task.start(runSteps(instance, task, subscription.steps, task.spanKey, holding), (failure) => {
      host.release(holding.kib);
      const serious = failure !== undefined && answerStatus(failure) >= 500 ? failure : undefined;
      (serious === undefined ? succeeded : failed).value++;
      if (serious !== undefined) instance.logFailure(task, 'error', 'message processing failed', serious);
      if (task.trace !== undefined) {
        const error = serious === undefined ? undefined : instance.errorType(serious);
        const text = serious === undefined ? undefined : instance.errorText(serious);
        instance.observeOwn(
          subscription.shape,
          task.trace,
          task.spanKey,
          message.parent,
          startMs,
          0,
          error,
          text,
        );
      }
      this.active--;
      message.done(serious === undefined);
    });
  }
}
