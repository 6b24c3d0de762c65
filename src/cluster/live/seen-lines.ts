import { stampMs } from './log-stamp.ts';

/**
 * Which lines of one container's log were taken, as far back as a resumed stream repeats them: streams begin again at a
 * whole second, and lines of stdout and stderr may stand in a log in another order than their times.
 */
export class SeenLines {
  /** How often each raw line was taken, by the second of its stamp. */
  readonly #bySecond = new Map<number, Map<string, number>>();
  #last = Number.NEGATIVE_INFINITY;

  /** From where a stream has to begin again (RFC 3339, whole seconds); `undefined`: nothing was taken yet. */
  get since(): string | undefined {
    if (this.#last === Number.NEGATIVE_INFINITY) return undefined;
    return new Date((this.#last - 1) * 1000).toISOString().replace('.000Z', 'Z');
  }

  /** A filter for one stream that begins at `since`: tells of each of its lines whether it is new, and remembers it. */
  resume(): (raw: string, stamp: string) => boolean {
    const before = new Map([...this.#bySecond].map(([second, lines]) => [second, new Map(lines)]));
    const from = this.#last - 1;
    return (raw, stamp) => {
      const second = Math.floor(stampMs(stamp) / 1000);
      // older than what was asked for: the server does not look at seconds' fractions
      if (second < from) return false;
      const known = before.get(second);
      const times = known?.get(raw) ?? 0;
      if (times > 0) {
        known?.set(raw, times - 1);
        return false;
      }
      this.#remember(raw, second);
      return true;
    };
  }

  #remember(raw: string, second: number): void {
    let lines = this.#bySecond.get(second);
    if (lines === undefined) {
      lines = new Map();
      this.#bySecond.set(second, lines);
    }
    lines.set(raw, (lines.get(raw) ?? 0) + 1);
    if (second <= this.#last) return;
    this.#last = second;
    for (const old of this.#bySecond.keys()) if (old < second - 1) this.#bySecond.delete(old);
  }
}
