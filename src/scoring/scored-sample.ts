import type { WrongKind } from './wrong-answers.ts';

/** One scored sample, with everything that results are grouped by. */
export interface ScoredSample {
  readonly task: string;
  readonly repeat: number;
  readonly value: number;
  readonly control: boolean;
  readonly recall: number;
  readonly precision: number;
  readonly wrong: readonly WrongKind[];
  readonly split: string;
  readonly provider: string;
  readonly application: string;
  /** Tasks with the same faults on the same targets: they are likely to be solved, or not, together. */
  readonly family: string;
  /** As the scenario says; `none` where it does not. */
  readonly category: string;
  readonly tags: readonly string[];
  readonly effort: Effort;
}

/** What a sample took; what was not measured is absent. */
export interface Effort {
  readonly turns?: number;
  /** Input and output. */
  readonly tokens?: number;
  readonly costUsd?: number;
  readonly elapsedMs?: number;
}

export const effortKinds = ['turns', 'tokens', 'costUsd', 'elapsedMs'] as const;
