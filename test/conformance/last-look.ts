import type { ClusterClock } from '../../src/cluster/cluster.ts';

/** Looks until what it sees is as wanted, for so long at most; answers what the last look showed, for an assertion. */
export async function lastLook<T>(
  clock: ClusterClock,
  look: () => Promise<T>,
  isWanted: (seen: T) => boolean,
  timeoutMs: number,
  everyMs?: number,
): Promise<T | undefined> {
  let seen: T | undefined;
  const isSo = async () => {
    seen = await look();
    return isWanted(seen);
  };
  await clock.until(isSo, timeoutMs, everyMs);
  return seen;
}
