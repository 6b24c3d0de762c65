import type { LintedTruth } from './linted-bundle.ts';

/** Line of `private/ground-truth.yaml` where a text stands first, 1 if nowhere. */
export function truthLine({ truthLines }: LintedTruth, text: string): number {
  return truthLines.findIndex((line) => line.includes(text)) + 1 || 1;
}

export const truthFile = 'private/ground-truth.yaml';
