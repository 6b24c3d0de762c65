import type { Simulation, Timer } from '../simulation.ts';

/** Something with a deadline, linked into a list by it. */
export interface Expiring {
  deadlineMs: number;
  earlier: Expiring | undefined;
  later: Expiring | undefined;
  isListed: boolean;
  expire(): void;
}

/**
 * Timeouts of exchanges that mostly end in time: a list ordered by deadline with one timer for its head, so that
 * setting and clearing one costs no timer. For deadlines that come in almost in order (one timeout per list).
 */
export class Deadlines {
  readonly #simulation: Simulation;
  #first: Expiring | undefined;
  #last: Expiring | undefined;
  #timer: Timer | undefined;
  #timerMs = 0;
  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  add(item: Expiring, deadlineMs: number): void {
    item.deadlineMs = deadlineMs;
    item.isListed = true;
    let before = this.#last;
    while (before !== undefined && before.deadlineMs > deadlineMs) before = before.earlier;
    const after = before === undefined ? this.#first : before.later;
    item.earlier = before;
    item.later = after;
    if (before === undefined) this.#first = item;
    else before.later = item;
    if (after === undefined) this.#last = item;
    else after.earlier = item;
    if (this.#timer === undefined || deadlineMs < this.#timerMs) this.#arm(deadlineMs);
  }

  remove(item: Expiring): void {
    if (!item.isListed) return;
    item.isListed = false;
    if (item.earlier === undefined) this.#first = item.later;
    else item.earlier.later = item.later;
    if (item.later === undefined) this.#last = item.earlier;
    else item.later.earlier = item.earlier;
    item.earlier = undefined;
    item.later = undefined;
  }

  #arm(timeMs: number): void {
    this.#timer?.cancel();
    this.#timerMs = timeMs;
    this.#timer = this.#simulation.at(timeMs, this.#fire);
  }

  readonly #fire = (): void => {
    this.#timer = undefined;
    const now = this.#simulation.nowMs;
    for (let item = this.#first; item !== undefined && item.deadlineMs <= now; item = this.#first) {
      this.remove(item);
      item.expire();
    }
    // Expiring may have armed it again.
    if (this.#first !== undefined && this.#timer === undefined) this.#arm(this.#first.deadlineMs);
  };
}
