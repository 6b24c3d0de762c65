import { Failure } from './failure.ts';
import type { Host, Link } from './host.ts';
import type { Effect, Task } from './task.ts';
import type { Upstream } from './upstream.ts';

interface Waiter {
  readonly task: Task;
  done: boolean;
  timer: { cancel(): void };
}

/** Told to a waiter: a place is free, open a connection of your own. */
const placeFree = Symbol('place free');

/**
 * A bounded pool of connections: idle ones first, then new ones up to the limit, then waiting in line until
 * `acquireTimeoutMs`. A use that leaks keeps its place, and the connection, for ever.
 */
export class Pool {
  readonly #upstream: Upstream;
  readonly #idle: Link[] = [];
  #waiters: Waiter[] = [];
  #total = 0;
  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }
  get used(): number {
    return this.#total - this.#idle.length;
  }
  get idle(): number {
    return this.#idle.length;
  }
  get waiting(): number {
    return this.#waiters.length;
  }
  get isFull(): boolean {
    return this.#total >= this.#upstream.poolMax;
  }
  /** Every place is taken by a connection in use. */
  get isExhausted(): boolean {
    return this.used >= this.#upstream.poolMax;
  }
  hasOpen(): boolean {
    return this.#idle.some((link) => link.isOpen);
  }

  /** A connection, or why there is none. */
  *acquire(task: Task, key: number): Effect<Link | Failure> {
    const host = task.host;
    const link = this.#takeIdle(host.nowMs());
    if (link !== undefined) return link;
    if (!this.isFull) return yield* this.#open(task, key);
    const waiter: Waiter = {
      task,
      done: false,
      timer: host.after(this.#upstream.acquireTimeoutMs, () => this.#giveUp(waiter)),
    };
    this.#waiters.push(waiter);
    const given = yield;
    if (given === placeFree) return yield* this.#open(task, key, true);
    return given as Link | Failure;
  }

  /** Gives a connection back, or its place if it is broken. */
  release(link: Link, host: Host): void {
    const upstream = this.#upstream;
    if (link.isOpen && host.nowMs() - link.openedMs >= upstream.maxAgeMs) link.close();
    if (!link.isOpen) {
      this.#freePlace();
      return;
    }
    const waiter = this.#nextWaiter();
    if (waiter !== undefined) waiter.task.resume(link);
    else {
      link.idleSinceMs = host.nowMs();
      this.#idle.push(link);
    }
  }

  /** Closes connections that were idle for too long. */
  reap(nowMs: number): void {
    let kept = 0;
    for (const link of this.#idle) {
      if (link.isOpen && nowMs - link.idleSinceMs < this.#upstream.idleMs) this.#idle[kept++] = link;
      else {
        this.#total--;
        if (link.isOpen) link.close();
      }
    }
    this.#idle.length = kept;
  }

  *#open(task: Task, key: number, placeTaken = false): Effect<Link | Failure> {
    if (!placeTaken) this.#total++;
    task.host.open(task, this.#upstream, key);
    const opened = (yield) as Link | Failure;
    if (opened instanceof Failure) this.#freePlace();
    return opened;
  }

  #takeIdle(nowMs: number): Link | undefined {
    for (;;) {
      const link = this.#idle.pop();
      if (link === undefined) return undefined;
      if (link.isOpen && nowMs - link.idleSinceMs < this.#upstream.idleMs) return link;
      this.#total--;
      if (link.isOpen) link.close();
    }
  }

  #freePlace(): void {
    const waiter = this.#nextWaiter();
    if (waiter === undefined) this.#total--;
    else waiter.task.resume(placeFree);
  }

  #nextWaiter(): Waiter | undefined {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) return undefined;
    waiter.done = true;
    waiter.timer.cancel();
    return waiter;
  }

  #giveUp(waiter: Waiter): void {
    if (waiter.done) return;
    waiter.done = true;
    const failure = this.#upstream.fail('pool-timeout');
    failure.inUse = this.used;
    failure.waiting = this.#waiters.length;
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    if (this.#upstream.poolTimeouts !== undefined) this.#upstream.poolTimeouts.value++;
    waiter.task.resume(failure);
  }
}
