import { confidenceSequence } from '../../scoring/statistics/confidence-sequence.ts';
import { betaQuantile } from '../../scoring/statistics/distributions.ts';
import type { Interval } from '../../scoring/statistics/intervals.ts';
import type { DifficultyThresholds } from '../../spec/suite-difficulty.ts';

/** How difficult a task is; `undetermined`: too few samples to say, or none. */
export type Band = 'trivial' | 'easy' | 'medium' | 'hard' | 'unsolved' | 'undetermined';

/** The bands from the easiest on. */
export const bands: readonly Band[] = ['trivial', 'easy', 'medium', 'hard', 'unsolved', 'undetermined'];

/** What the panel's samples say of a task's rate. */
export interface BandDecision {
  readonly band: Band;
  /** Bands the rate may be in; one, if it is settled. */
  readonly possible: readonly Band[];
  /** How it was settled: by the interval that holds at every look, or by the one of the planned number of rounds. */
  readonly by: 'early' | 'end' | undefined;
  readonly successes: number;
  readonly trials: number;
  /** Mean of the posterior, Beta(½ + successes, ½ + failures). */
  readonly rate: number;
  /** Its credible interval, 95 % at the default certainty of 0.9. */
  readonly credible: Interval;
  /** The interval that holds at every look. */
  readonly anytime: Interval;
}

/**
 * The band of a rate after some complete rounds. Half of the error that the suite allows is for stopping early, half for
 * the end: before the last round a band is settled when the interval that holds at every look fits into it, after it
 * when the posterior's interval does; both may stick out by the margin. So the chance that the true rate lies further
 * outside than the margin is 1 − certainty at most, up to the posterior's approximation at the end.
 * @param isLast whether the rounds are all there will be
 */
export function decideBand(
  successes: number,
  trials: number,
  isLast: boolean,
  thresholds: DifficultyThresholds,
): BandDecision {
  const error = (1 - thresholds.certainty) / 2;
  const rate = (successes + 0.5) / (trials + 1);
  const anytime = confidenceSequence(successes, trials, error);
  const credible = credibleInterval(successes, trials, 1 - error);
  const facts = {
    successes,
    trials,
    rate,
    credible,
    anytime,
  };
  const early = fitting(anytime, rate, thresholds);
  if (early !== undefined) return { ...facts, band: early, possible: [early], by: 'early' };
  const end = isLast && trials > 0 ? fitting(credible, rate, thresholds) : undefined;
  if (end !== undefined) return { ...facts, band: end, possible: [end], by: 'end' };
  return { ...facts, band: 'undetermined', possible: touched(credible, thresholds), by: undefined };
}

/** Bounds of the posterior's middle; 0 and 1 where there was no success or no failure. */
function credibleInterval(successes: number, trials: number, level: number): Interval {
  if (trials === 0) return [0, 1];
  const [a, b] = [successes + 0.5, trials - successes + 0.5];
  const tail = (1 - level) / 2;
  return [
    successes <= 0 ? 0 : betaQuantile(tail, a, b),
    successes >= trials ? 1 : betaQuantile(1 - tail, a, b),
  ];
}

/** Bands with their ends, the hardest first. */
export function bandEnds({ bands: lower }: Pick<DifficultyThresholds, 'bands'>): readonly {
  readonly band: Exclude<Band, 'undetermined'>;
  readonly from: number;
  readonly to: number;
}[] {
  return [
    { band: 'unsolved', from: 0, to: lower.hard },
    { band: 'hard', from: lower.hard, to: lower.medium },
    { band: 'medium', from: lower.medium, to: lower.easy },
    { band: 'easy', from: lower.easy, to: lower.trivial },
    { band: 'trivial', from: lower.trivial, to: 1 },
  ];
}

/** The band of the rate itself. */
export function bandOfRate(rate: number, thresholds: Pick<DifficultyThresholds, 'bands'>): Band {
  return bandEnds(thresholds).findLast(({ from }) => rate >= from)?.band ?? 'unsolved';
}

/** The band the interval lies in but for the margin; where it lies in two, the one of the rate. */
function fitting([low, high]: Interval, rate: number, thresholds: DifficultyThresholds): Band | undefined {
  const { margin } = thresholds;
  const fits = bandEnds(thresholds).filter(({ from, to }) => low >= from - margin && high <= to + margin);
  const own = bandOfRate(rate, thresholds);
  return fits.find(({ band }) => band === own)?.band ?? fits[0]?.band;
}

function touched([low, high]: Interval, thresholds: DifficultyThresholds): readonly Band[] {
  return bandEnds(thresholds)
    .filter(({ from, to }) => low < to && (high > from || from === 0))
    .map(({ band }) => band);
}
