import { key, Random } from '../../base/random.ts';
import type { Observation } from './clustered.ts';

export interface PermutationTest {
  /** Two-sided: how often chance alone makes a difference as large. */
  readonly p: number;
  /** `exact`: all assignments were tried; `sampled`: as many as `assignments`. */
  readonly method: 'exact' | 'sampled';
  readonly assignments: number;
}

const exactUpTo = 14;
const samples = 10_000;

/**
 * Sign-flip test of paired differences: if it made no difference which run a task was in, every family's differences
 * could as well have had the other sign. The same answer every time.
 */
export function signFlipTest(differences: readonly Observation[]): PermutationTest {
  const sums = [...Map.groupBy(differences, ({ cluster }) => cluster).values()]
    .map((group) => group.reduce((sum, { value }) => sum + value, 0))
    // a family without a difference is the same either way
    .filter((sum) => Math.abs(sum) > 1e-12);
  const observed = Math.abs(sums.reduce((total, sum) => total + sum, 0)) - 1e-9;
  if (sums.length <= exactUpTo) {
    const assignments = 2 ** sums.length;
    let extreme = 0;
    for (let signs = 0; signs < assignments; signs++) {
      let total = 0;
      for (const [bit, sum] of sums.entries()) total += (signs >> bit) & 1 ? sum : -sum;
      if (Math.abs(total) >= observed) extreme++;
    }
    return { p: extreme / assignments, method: 'exact', assignments };
  }
  const random = new Random(key(0, 'permutation'));
  let extreme = 0;
  for (let sample = 0; sample < samples; sample++) {
    let total = 0;
    for (const sum of sums) total += random.uint32() & 1 ? sum : -sum;
    if (Math.abs(total) >= observed) extreme++;
  }
  // the assignment that was observed is one of them
  return { p: (extreme + 1) / (samples + 1), method: 'sampled', assignments: samples };
}
