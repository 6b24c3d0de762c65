import type { StoreEvent } from '../contracts.ts';
import type { Simulation } from '../simulation.ts';

type Callback = (event: StoreEvent) => void;

interface Subscription {
  readonly callback: Callback;
  isActive: boolean;
}

/** Hands events to subscribers in the order they happened, in a later turn of the same virtual time. */
export class Delivery {
  readonly #simulation: Simulation;
  #queue: { subscription: Subscription; event: StoreEvent }[] = [];

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  enqueue(subscription: Subscription, event: StoreEvent): void {
    this.#queue.push({ subscription, event });
    if (this.#queue.length === 1) this.#simulation.after(0, () => this.#deliver());
  }

  #deliver(): void {
    const batch = this.#queue;
    this.#queue = [];
    for (const { subscription, event } of batch) if (subscription.isActive) subscription.callback(event);
  }
}

/** Who wants to hear of one resource. */
export class Subscribers {
  readonly #delivery: Delivery;
  readonly #subscriptions: Subscription[] = [];

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  /** Hears of `first` as added, then of every change; returns how to stop. */
  add(callback: Callback, first: readonly StoreEvent['object'][]): () => void {
    const subscription: Subscription = { callback, isActive: true };
    for (const object of first) this.#delivery.enqueue(subscription, { type: 'ADDED', object });
    this.#subscriptions.push(subscription);
    return () => {
      subscription.isActive = false;
      const at = this.#subscriptions.indexOf(subscription);
      if (at >= 0) this.#subscriptions.splice(at, 1);
    };
  }

  tell(event: StoreEvent): void {
    for (const subscription of this.#subscriptions) this.#delivery.enqueue(subscription, event);
  }
}
