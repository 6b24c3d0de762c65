import { logGamma } from './distributions.ts';
import type { Interval } from './intervals.ts';

/** The mixing distribution over rates: Beta(½, ½), which bets on no rate in particular. */
const prior = 0.5;

/**
 * Interval of a rate that holds at every look at once: the chance that it ever leaves the true rate out, however often
 * one looks and whenever one stops, is `error` at most (Ville's inequality on the likelihood ratio of a Beta mixture).
 * It holds for trials of different rates, too, when all of a round are in: the rate is then their mean (by the
 * inequality of the arithmetic and the geometric mean each round's factor is at most 1 in expectation).
 */
export function confidenceSequence(successes: number, trials: number, error: number): Interval {
  if (trials === 0) return [0, 1];
  const share = successes / trials;
  const limit = -Math.log(error);
  const isOut = (rate: number) => logMixtureRatio(successes, trials, rate) >= limit;
  return [share <= 0 ? 0 : boundary(isOut, 0, share), share >= 1 ? 1 : boundary(isOut, 1, share)];
}

/** Log of how much better the mixture explains the trials than one rate does. */
function logMixtureRatio(successes: number, trials: number, rate: number): number {
  const failures = trials - successes;
  if ((rate <= 0 && successes > 0) || (rate >= 1 && failures > 0)) return Number.POSITIVE_INFINITY;
  return (
    logBeta(prior + successes, prior + failures) -
    logBeta(prior, prior) -
    (successes > 0 ? successes * Math.log(rate) : 0) -
    (failures > 0 ? failures * Math.log(1 - rate) : 0)
  );
}

/** Where `isOut` turns false between a rate that is out and one that is in. */
function boundary(isOut: (rate: number) => boolean, out: number, within: number): number {
  if (!isOut(out)) return out;
  let [far, near] = [out, within];
  for (let step = 0; step < 60; step++) {
    const middle = (far + near) / 2;
    if (isOut(middle)) far = middle;
    else near = middle;
  }
  return far;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}
