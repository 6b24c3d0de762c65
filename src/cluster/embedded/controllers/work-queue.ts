import { key as fold, unit } from '../../../base/random.ts';
import type { Simulation, Timer } from '../simulation.ts';

/**
 * The work queue of one controller: keys are handled one by one, a key waits once at most, a failed one comes back with
 * Kubernetes' exponential back-off (5 ms doubling to 1000 s). Delays are keyed by (seed, queue, key, how often it ran).
 */
export class WorkQueue {
  readonly #simulation: Simulation;
  readonly #seed: number;
  readonly #name: string;
  readonly #reconcile: (key: string) => void;
  readonly #latencyMs: readonly [number, number];
  readonly #waiting = new Map<string, { dueMs: number; timer: Timer }>();
  readonly #runs = new Map<string, number>();
  readonly #failures = new Map<string, number>();

  /** @param latencyMs the range of the time between a change and its handling */
  constructor(
    context: { readonly simulation: Simulation; readonly seed: number },
    name: string,
    reconcile: (key: string) => void,
    latencyMs: readonly [number, number] = [3, 15],
  ) {
    this.#simulation = context.simulation;
    this.#seed = context.seed;
    this.#name = name;
    this.#reconcile = reconcile;
    this.#latencyMs = latencyMs;
  }

  /** Handles the key soon; nothing new if it already waits. */
  add(key: string): void {
    const [low, high] = this.#latencyMs;
    const draw = unit(fold(this.#seed, this.#name, key, this.#runs.get(key) ?? 0));
    this.addAfter(key, low + (high - low) * draw);
  }

  /** Handles the key after `delayMs`, or earlier if it waits with an earlier time. */
  addAfter(key: string, delayMs: number): void {
    const dueMs = this.#simulation.nowMs + delayMs;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      if (waiting.dueMs <= dueMs) return;
      waiting.timer.cancel();
    }
    const timer = this.#simulation.at(dueMs, () => {
      this.#waiting.delete(key);
      this.#runs.set(key, (this.#runs.get(key) ?? 0) + 1);
      this.#reconcile(key);
    });
    this.#waiting.set(key, { dueMs, timer });
  }

  /** Handles the key again after its back-off. */
  retry(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(1_000_000, 5 * 2 ** Math.min(failures, 20)));
  }

  /** The key went well: its next failure starts at the shortest back-off. */
  forget(key: string): void {
    this.#failures.delete(key);
  }
}
