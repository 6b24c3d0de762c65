import { hash32, key, unit } from '../base/random.ts';
import type { LogLine } from '../spec/telemetry.ts';

interface KeptLine extends LogLine {
  readonly routine: boolean;
  readonly share: number;
}

/**
 * The lines of one container within a budget. Ordinary lines (info, debug, answers without error) are thinned by
 * halves when there are too many; warnings and errors stay, up to eight times the budget, then they are thinned too.
 * Which line stays depends on the line, not on when it came.
 */
export class LogSample {
  readonly #budget: number;
  readonly #key: number;
  #lines: KeptLine[] = [];
  #bytes = { routine: 0, notable: 0 };
  #share = { routine: 1, notable: 1 };

  constructor(path: string, budgetBytes: number) {
    this.#budget = budgetBytes;
    this.#key = hash32(path);
  }

  add(timeMs: number, text: string): void {
    const routine = isRoutine(text);
    const type = routine ? 'routine' : 'notable';
    const share = unit(key(this.#key, text, Math.round(timeMs * 1000) >>> 0));
    if (share >= this.#share[type]) return;
    this.#lines.push({ timeMs, text, routine, share });
    this.#bytes[type] += text.length + 32;
    const budget = routine ? this.#budget : this.#budget * 8;
    while (this.#bytes[type] > budget && this.#share[type] > 2 ** -32) this.#halve(routine, type);
  }

  /** Share of ordinary lines that were kept: 1, ½, ¼, … */
  get routineShare(): number {
    return this.#share.routine;
  }

  get notableShare(): number {
    return this.#share.notable;
  }

  /** By time; lines of the same time in the order they came. */
  lines(): readonly LogLine[] {
    return this.#lines.sort((a, b) => a.timeMs - b.timeMs);
  }

  #halve(routine: boolean, type: 'routine' | 'notable'): void {
    this.#share[type] /= 2;
    this.#lines = this.#lines.filter((line) => line.routine !== routine || line.share < this.#share[type]);
    this.#bytes[type] = this.#lines.reduce(
      (sum, line) => (line.routine === routine ? sum + line.text.length + 32 : sum),
      0,
    );
  }
}

const notable =
  /\b(?:warn(?:ing)?|error|err|fatal|panic|critical|crit|severe|exception|fail(?:ed|ure)?|refused|timed? ?out|denied|killed)\b/i;
const level = /^.{0,64}?(?:level["=: ]+"?|\b|\[)(trace|debug|info|notice|log)\b/i;

/** An ordinary line: it says so itself, or nothing in it sounds like trouble. */
export function isRoutine(text: string): boolean {
  const head = text.length > 400 ? text.slice(0, 400) : text;
  return (
    !notable.test(head) || (level.test(head) && !/\b5\d\d\b/.test(head) && !/\b(?:error|fatal)\b/i.test(head))
  );
}
