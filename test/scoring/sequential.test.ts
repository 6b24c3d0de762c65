import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { key, Random } from '../../src/base/random.ts';
import { adjustedPValues, binomialTail } from '../../src/scoring/statistics/binomial.ts';
import { confidenceSequence } from '../../src/scoring/statistics/confidence-sequence.ts';
import { itemRest, pearson } from '../../src/scoring/statistics/item-rest.ts';
import { fitRasch } from '../../src/scoring/statistics/rasch.ts';

const known = new Map<string, readonly [number, number]>();
/** The same few counts come again and again. */
function interval(successes: number, trials: number): readonly [number, number] {
  const id = `${successes}/${trials}`;
  const found = known.get(id) ?? confidenceSequence(successes, trials, 0.05);
  known.set(id, found);
  return found;
}

describe('the interval that holds at every look', () => {
  // looks after every round of a panel whose members differ: the case it is used for
  it.each([[[0.5, 0.5, 0.5]], [[0.05, 0.05, 0.05]], [[0, 0.2, 1]], [[0.9, 0.99, 0.3]]])(
    'leaves out the mean of %j at any of 40 looks in one run of twenty at most',
    (rates) => {
      const truth = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
      const runs = 1000;
      let missed = 0;
      for (let run = 0; run < runs; run++) {
        const random = new Random(key(7, 'looks', run, ...rates.map((rate) => Math.round(1000 * rate))));
        let [successes, trials] = [0, 0];
        for (let look = 0; look < 40; look++) {
          for (const rate of rates) if (random.next() < rate) successes++;
          trials += rates.length;
          const [low, high] = interval(successes, trials);
          if (truth < low || truth > high) {
            missed++;
            break;
          }
        }
      }
      // three standard errors above 5 %
      expect(missed / runs).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
    },
  );

  it('holds the share, narrows with trials and widens with certainty', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, part) => {
        const s = Math.round(part * n);
        const [low, high] = confidenceSequence(s, n, 0.05);
        const [lower, higher] = confidenceSequence(s, n, 0.01);
        const wider = confidenceSequence(4 * s, 4 * n, 0.05);
        expect(low).toBeLessThanOrEqual(s / n);
        expect(high).toBeGreaterThanOrEqual(s / n);
        expect(lower).toBeLessThanOrEqual(low);
        expect(higher).toBeGreaterThanOrEqual(high);
        expect(wider[1] - wider[0]).toBeLessThanOrEqual(high - low + 1e-9);
      }),
    );
    expect(confidenceSequence(0, 0, 0.05)).toEqual([0, 1]);
  });
});

it('tails of the binomial distribution are sums of its terms', () => {
  // R: pbinom(1, 10, 0.05, lower.tail = FALSE), pbinom(4, 5, 0.3, lower.tail = FALSE)
  expect(binomialTail(2, 10, 0.05)).toBeCloseTo(0.0861383559, 9);
  expect(binomialTail(5, 5, 0.3)).toBeCloseTo(0.3 ** 5, 12);
  expect(binomialTail(0, 5, 0.3)).toBe(1);
});

it('p-values are adjusted as by p.adjust(method = "BH")', () => {
  expect(adjustedPValues([0.01, 0.04, 0.03, 0.5]).map((p) => Number(p.toFixed(6)))).toEqual([
    0.04, 0.053333, 0.053333, 0.5,
  ]);
  expect(adjustedPValues([])).toEqual([]);
});

describe('discrimination', () => {
  it('is the correlation with the other tasks only, and a task that favours the weaker stands out', () => {
    const ability = [0.1, 0.3, 0.5, 0.7, 0.9];
    const ordinary = Array.from({ length: 6 }, (_, task) => ability.map((a) => a ** (1 + task / 3)));
    const results = itemRest([...ordinary, ability.map((a) => 1 - a)]);
    for (const { correlation } of results.slice(0, 6)) expect(correlation).toBeGreaterThan(0.9);
    expect(results[6]).toEqual({ correlation: expect.closeTo(-1, 1), pNegative: expect.closeTo(1 / 120, 9) });
  });

  it('says nothing where members do not differ or are too few', () => {
    expect(
      itemRest([
        [1, 1, 1],
        [0, 0.5, 1],
      ])[0],
    ).toEqual({ correlation: undefined, pNegative: undefined });
    expect(
      itemRest([
        [0, 1],
        [0, 1],
      ])[0]?.correlation,
    ).toBeUndefined();
    expect(pearson([1, 2, 3], [2, 4, 6.5])).toBeCloseTo(0.9979, 3);
  });

  it('calls chance negative in no more than its share of suites', () => {
    let called = 0;
    const suites = 200;
    for (let suite = 0; suite < suites; suite++) {
      const random = new Random(key(3, 'suite', suite));
      const scores = Array.from({ length: 10 }, () => Array.from({ length: 5 }, () => random.next()));
      const adjusted = adjustedPValues(itemRest(scores).map(({ pNegative }) => pNegative ?? 1));
      if (adjusted.some((p) => p <= 0.05)) called++;
    }
    expect(called / suites).toBeLessThan(0.1);
  });
});

it('the fit of Rasch finds the difficulties that made the results', () => {
  const difficulty = [-2, -1, 0, 1, 2];
  const ability = [-1.5, -0.5, 0.5, 1.5];
  const tried = 200;
  const counts = difficulty.map((d) =>
    ability.map((a) => ({ solved: Math.round(tried / (1 + Math.exp(d - a))), tried })),
  );
  const fit = fitRasch(counts);
  for (const [task, { value, standardError }] of fit.difficulty.entries()) {
    expect(Math.abs(value - (difficulty[task] ?? 0))).toBeLessThan(0.15);
    expect(standardError).toBeLessThan(0.2);
  }
  expect(fit.ability.map(({ value }) => Math.round(2 * value) / 2)).toEqual(ability);
  // what everybody solves is easier than all, not infinitely easy
  const sure = fitRasch([...counts, ability.map(() => ({ solved: 3, tried: 3 }))]).difficulty;
  expect(Number.isFinite(sure[5]?.value)).toBe(true);
});
