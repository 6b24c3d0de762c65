/** Counts, by reason, what was refused, thrown away or could not be kept. */
export class Losses {
  readonly #counts = new Map<string, number>();

  /** @param reason words for a person: "spans dropped: disk is full" */
  count(reason: string, by = 1): void {
    if (by > 0) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + by);
  }

  /** Sorted by reason; empty if nothing was lost. */
  all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
