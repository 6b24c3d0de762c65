import { expect, test } from 'vitest';
import { key, Random } from '../../src/base/random.ts';
import { estimate } from '../../src/scoring/estimate.ts';
import { bootstrapInterval } from '../../src/scoring/statistics/bootstrap.ts';
import {
  clusteredDifference,
  clusteredMean,
  type Observation,
} from '../../src/scoring/statistics/clustered.ts';
import { betaCdf, studentQuantile } from '../../src/scoring/statistics/distributions.ts';
import { jeffreys, wilson } from '../../src/scoring/statistics/intervals.ts';
import { comparePaired } from '../../src/scoring/statistics/paired.ts';
import { passAtK, passHatK } from '../../src/scoring/statistics/pass-at-k.ts';
import { signFlipTest } from '../../src/scoring/statistics/permutation.ts';
import reference from './testdata/reference.json' with { type: 'json' };

const observations = (values: readonly number[], cluster = (index: number) => `f${index}`): Observation[] =>
  values.map((value, index) => ({ value, cluster: cluster(index) }));

test('intervals and quantiles agree with scipy', () => {
  for (const [k = 0, n = 0, low = 0, high = 0] of reference.wilson) {
    expect(wilson(k, n)[0]).toBeCloseTo(low, 12);
    expect(wilson(k, n)[1]).toBeCloseTo(high, 12);
  }
  for (const [k = 0, n = 0, low = 0, high = 0] of reference.jeffreys) {
    expect(jeffreys(k, n)[0]).toBeCloseTo(low, 10);
    expect(jeffreys(k, n)[1]).toBeCloseTo(high, 10);
  }
  for (const [freedom = 0, quantile = 0] of reference.student)
    expect(studentQuantile(0.975, freedom)).toBeCloseTo(quantile, 8);
  for (const [x = 0, a = 0, b = 0, p = 0] of reference.betaCdf) expect(betaCdf(x, a, b)).toBeCloseTo(p, 11);
});

test('clustered errors agree with the double sum over pairs, the bootstrap with 400 000 resamples of numpy', () => {
  const { values, clusters, mean, standardError, bootstrap } = reference.clustered;
  const sample = observations(values, (index) => clusters[index] ?? '');
  expect(clusteredMean(sample)?.estimate).toBeCloseTo(mean, 12);
  expect(clusteredMean(sample)?.standardError).toBeCloseTo(standardError, 12);
  const interval = bootstrapInterval(sample, 20_000);
  expect(Math.abs((interval?.[0] ?? 0) - (bootstrap[0] ?? 0))).toBeLessThan(0.006);
  expect(Math.abs((interval?.[1] ?? 0) - (bootstrap[1] ?? 0))).toBeLessThan(0.006);
  expect(bootstrapInterval(sample)).toEqual(bootstrapInterval(sample));
});

test('the permutation test agrees with scipy: exactly where all assignments are tried', () => {
  const [few, many] = reference.signFlip;
  expect(signFlipTest(observations(few?.differences ?? []))).toMatchObject({ method: 'exact' });
  expect(signFlipTest(observations(few?.differences ?? [])).p).toBeCloseTo(few?.p ?? 0, 12);
  const sampled = signFlipTest(observations(many?.differences ?? []));
  expect(sampled.method).toBe('sampled');
  expect(Math.abs(sampled.p - (many?.p ?? 0))).toBeLessThan(0.01);
});

test('pass@k and pass^k agree with counting every choice of k samples', () => {
  for (const [n = 0, c = 0, k = 0, any = 0, all = 0] of reference.passes) {
    expect(passAtK(n, c, k)).toBeCloseTo(any, 12);
    expect(passHatK(n, c, k)).toBeCloseTo(all, 12);
  }
});

test('a paired comparison agrees with scipy, and with Miller’s power formula', () => {
  const { first, second, difference, interval, within, between, smallestDetectable } = reference.paired;
  const pairs = first.map((scores, index) => ({
    family: `f${index}`,
    first: scores,
    second: second[index] ?? [],
  }));
  const compared = comparePaired(pairs);
  expect(compared?.difference).toBeCloseTo(difference, 12);
  expect(compared?.interval?.[0]).toBeCloseTo(interval[0] ?? 0, 8);
  expect(compared?.interval?.[1]).toBeCloseTo(interval[1] ?? 0, 8);
  expect(compared?.varianceWithin[0]).toBeCloseTo(within[0] ?? 0, 12);
  expect(compared?.varianceWithin[1]).toBeCloseTo(within[1] ?? 0, 12);
  expect(compared?.varianceBetweenTasks).toBeCloseTo(between, 12);
  expect(compared?.smallestDetectable).toBeCloseTo(smallestDetectable, 12);
  const same = comparePaired(
    pairs.map(({ family, first: scores }) => ({ family, first: scores, second: scores })),
  );
  expect(same).toMatchObject({ difference: 0, interval: undefined, permutation: { p: 1 } });
});

/** Tasks of a family succeed together; three repeats each; the truth is known because the world is made up. */
function world(random: Random, families: number, chance: (family: number) => number): Observation[] {
  return Array.from({ length: families }, (_, family) => family).flatMap((family) => {
    const p = chance(family);
    return Array.from({ length: random.integer(1, 3) }, () => ({
      value: [0, 1, 2].filter(() => random.next() < p).length / 3,
      cluster: `f${family}`,
    }));
  });
}

test.each([
  { families: 5, ease: 0.5 },
  { families: 8, ease: 0.15 },
  { families: 14, ease: 0.4 },
  { families: 40, ease: 0.5 },
])('the interval that is shown covers the true score: $families families', ({ families, ease }) => {
  const replications = 600;
  let covered = 0;
  let naive = 0;
  for (let replication = 0; replication < replications; replication++) {
    const random = new Random(key(7, 'coverage', families, replication));
    // a family is easy or hard by chance, so that the true mean is known
    const sample = world(random, families, () => (random.next() < ease ? 0.9 : 0.1));
    const truth = ease * 0.9 + (1 - ease) * 0.1;
    const shown = estimate(sample);
    if (shown && shown.interval[0] <= truth && truth <= shown.interval[1]) covered++;
    const [low, high] = wilson(
      sample.reduce((sum, { value }) => sum + value * 3, 0),
      sample.length * 3,
    );
    if (low <= truth && truth <= high) naive++;
  }
  expect(covered / replications).toBeGreaterThan(0.93);
  expect(covered / replications).toBeLessThan(0.995);
  // what taking every repeat for an independent trial would have claimed
  expect(naive / replications).toBeLessThan(0.85);
});

test('the smallest detectable difference is found in about four of five trials', () => {
  const tasks = 60;
  const trial = (replication: number, lift: number) => {
    const random = new Random(key(9, 'power', replication));
    const repeats = (p: number) => [0, 1, 2].map(() => (random.next() < p ? 1 : 0));
    return comparePaired(
      Array.from({ length: tasks }, (_, task) => {
        const p = random.between(0.1, 0.7);
        return { family: `f${task}`, first: repeats(p), second: repeats(p + lift) };
      }),
    );
  };
  const replications = 150;
  let claimed = 0;
  for (let replication = 0; replication < 30; replication++)
    claimed += trial(replication, 0.1)?.smallestDetectable ?? 0;
  const detectable = claimed / 30;
  expect(detectable).toBeGreaterThan(0.08);
  let found = 0;
  let falselyFound = 0;
  for (let replication = 0; replication < replications; replication++) {
    const [low = 0] = trial(replication, detectable)?.interval ?? [];
    if (low > 0) found++;
    const [nullLow = 0, nullHigh = 0] = trial(replication, 0)?.interval ?? [];
    if (nullLow > 0 || nullHigh < 0) falselyFound++;
  }
  expect(found / replications).toBeGreaterThan(0.7);
  expect(found / replications).toBeLessThan(0.9);
  expect(falselyFound / replications).toBeLessThan(0.1);
});

test('a difference between groups accounts for families that are in both', () => {
  const first = observations([1, 0, 1, 0]);
  // the same families, the same values: nothing differs, whatever they are
  expect(clusteredDifference(first, first)).toMatchObject({ estimate: 0, standardError: 0, clusters: 4 });
  const apart = clusteredDifference(
    first,
    observations([1, 0, 1, 0], (index) => `g${index}`),
  );
  expect(apart?.standardError).toBeGreaterThan(0.3);
});
