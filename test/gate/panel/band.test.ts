import { describe, expect, it } from 'vitest';
import { key, Random } from '../../../src/base/random.ts';
import { type BandDecision, bandEnds, bandOfRate, decideBand } from '../../../src/gate/panel/band.ts';
import { difficultyThresholds } from '../../../src/spec/suite-difficulty.ts';

const thresholds = difficultyThresholds();

const known = new Map<string, BandDecision>();
/** The same few counts come again and again. */
function decide(successes: number, trials: number, isLast: boolean): BandDecision {
  const id = `${successes}/${trials} ${isLast}`;
  const found = known.get(id) ?? decideBand(successes, trials, isLast, thresholds);
  known.set(id, found);
  return found;
}

/** A panel of five in rounds, as `rankTasks` looks at it: from `least` on after every round, `most` rounds at most. */
function trial(rates: readonly number[], random: Random, least: number, most: number) {
  let [successes, trials] = [0, 0];
  for (let round = 1; ; round++) {
    for (const rate of rates) if (random.next() < rate) successes++;
    trials += rates.length;
    const decision = decide(successes, trials, round === most);
    if (round === most || (round >= least && decision.by !== undefined)) return { ...decision, round };
  }
}

describe('the rule that settles bands', () => {
  it.each([
    [[0, 0, 0, 0, 0]],
    [[0.05, 0.05, 0.05, 0.05, 0.05]],
    [[0.2, 0.2, 0.2, 0.2, 0.2]],
    [[0.24, 0.24, 0.24, 0.24, 0.24]],
    [[0.5, 0.5, 0.5, 0.5, 0.5]],
    [[0, 0, 0.5, 1, 1]],
    [[0.76, 0.76, 0.76, 0.76, 0.76]],
    [[1, 1, 1, 1, 1]],
  ])('is wrong by more than the margin about %j in a tenth of all panels at most', (rates) => {
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    const panels = 400;
    let wrong = 0;
    for (let panel = 0; panel < panels; panel++) {
      const { band } = trial(rates, new Random(key(1, 'band', panel, Math.round(100 * mean))), 3, 10);
      const ends = bandEnds(thresholds).find((one) => one.band === band);
      if (ends && (mean < ends.from - thresholds.margin || mean > ends.to + thresholds.margin)) wrong++;
    }
    expect(wrong / panels).toBeLessThan(1 - thresholds.certainty);
  });

  it('stops early where members agree, and never calls settled what spans bands', () => {
    const none = trial([0, 0, 0, 0, 0], new Random(1), 3, 10);
    expect(none).toMatchObject({ band: 'unsolved', by: 'early', round: 7 });
    expect(trial([1, 1, 1, 1, 1], new Random(1), 3, 10)).toMatchObject({ band: 'trivial', round: 7 });
    expect(decideBand(4, 15, true, thresholds)).toMatchObject({
      band: 'undetermined',
      possible: ['unsolved', 'hard', 'medium'],
    });
    expect(decideBand(0, 0, true, thresholds)).toMatchObject({
      band: 'undetermined',
      possible: ['unsolved', 'hard', 'medium', 'easy', 'trivial'],
    });
  });

  it('uses the thresholds of the suite', () => {
    const strict = difficultyThresholds({ bands: { hard: 0.3, medium: 0.5, easy: 0.8, trivial: 0.99 } });
    expect(bandOfRate(0.2, thresholds)).toBe('hard');
    expect(bandOfRate(0.2, strict)).toBe('unsolved');
    expect(decideBand(4, 40, true, strict).band).toBe('unsolved');
    expect(decideBand(9, 45, true, thresholds).band).toBe('hard');
  });
});
