import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { IcmpLimit } from '../../../../src/cluster/embedded/network/icmp-limit.ts';

const recorded = JSON.parse(
  readFileSync(new URL('../testdata/real-refusals.json', import.meta.url), 'utf8'),
) as { attempts: Record<string, [second: number, outcome: 'refused' | 'unanswered'][]> };

/** The most refusals beyond one a second in any stretch of time. */
function largestBurst(refusals: readonly number[]): number {
  return Math.max(
    ...refusals.flatMap((from, i) => refusals.slice(i).map((to, n) => n + 1 - Math.floor(to - from))),
  );
}

describe('refusals by ICMP', () => {
  test.each(Object.entries(recorded.attempts))(
    'on a real kernel come in bursts of six at most: %s',
    (_pod, attempts) => {
      const refusals = attempts.flatMap(([second, outcome]) => (outcome === 'refused' ? [second] : []));
      expect(largestBurst(refusals)).toBeLessThanOrEqual(6);
      expect(attempts.length).toBeGreaterThan(refusals.length);
    },
  );

  test.each(Object.entries(recorded.attempts))(
    'of the model do so for the same attempts: %s',
    (_pod, attempts) => {
      const limit = new IcmpLimit();
      const refusals = attempts.flatMap(([second]) =>
        limit.allows('10.244.1.9', second * 1000) ? [second] : [],
      );
      expect(largestBurst(refusals)).toBeLessThanOrEqual(6);
    },
  );

  test('count for each client by itself', () => {
    const limit = new IcmpLimit();
    const ask = (ip: string) => Array.from({ length: 8 }, () => limit.allows(ip, 5000));
    expect(ask('10.244.1.9')).toEqual([...Array(6).fill(true), false, false]);
    expect(ask('10.244.1.10')).toEqual([...Array(6).fill(true), false, false]);
    expect(limit.allows('10.244.1.9', 6000)).toBe(true);
    expect(limit.allows('10.244.1.9', 6100)).toBe(false);
  });
});
