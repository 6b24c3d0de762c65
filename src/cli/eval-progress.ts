import type { SampleKey } from '../harness/run-directory.ts';
import type { SampleFile } from '../harness/run-file.ts';
import type { ProgressLine } from './progress-line.ts';

/** Tells how a run goes: a line for every sample that ends, and totals while it runs. */
export class EvalProgress {
  readonly #progress: ProgressLine;
  #costUsd = 0;
  #retries = 0;

  constructor(progress: ProgressLine) {
    this.#progress = progress;
  }

  onSample = (sample: SampleFile, finished: number, all: number, isNew: boolean): void => {
    const { totals } = sample;
    this.#costUsd += totals?.costUsd ?? 0;
    for (const count of Object.values(totals?.retries ?? {})) this.#retries += count;
    if (isNew) this.#progress.note(`${finished}/${all} ${describe(sample)}`);
    const cost = this.#costUsd > 0 ? `, $${this.#costUsd.toFixed(2)}` : '';
    const retries = this.#retries > 0 ? `, ${this.#retries} requests repeated` : '';
    this.#progress.update(`${finished}/${all} samples${cost}${retries}`);
  };

  onAttemptFailed = (key: SampleKey, attempt: number, message: string): void => {
    this.#progress.note(`${key.agent} on ${key.task} #${key.repeat}: attempt ${attempt} broke: ${message}`);
  };
}

function describe({ agent, task, repeat, exitReason, totals, elapsedMs }: SampleFile): string {
  const parts = [`${agent} on ${task} #${repeat}: ${exitReason}`];
  if (totals) parts.push(`${totals.turns} turns`, `${(elapsedMs / 1000).toFixed(1)} s`);
  if (totals?.costUsd !== undefined) parts.push(`$${totals.costUsd.toFixed(3)}`);
  return parts.join(', ');
}
