import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterClock } from '../cluster.ts';

/** Real time: `advance` waits. Waiting ends early, with the signal's reason, when the signal aborts. */
export function wallClock(signal?: AbortSignal): ClusterClock {
  const nowMs = () => Date.now();
  const advance = async (ms: number) => {
    // timers may fire up to a millisecond early
    if (ms > 0)
      await sleep(ms + 1, undefined, signal === undefined ? {} : { signal }).catch(throwReason(signal));
    else signal?.throwIfAborted();
  };
  return {
    nowMs,
    advance,
    async until(condition, timeoutMs, everyMs = 1000) {
      const deadlineMs = nowMs() + timeoutMs;
      for (;;) {
        if (await condition()) return true;
        const leftMs = deadlineMs - nowMs();
        if (leftMs <= 0) return false;
        await advance(Math.min(everyMs, leftMs));
      }
    },
  };
}

function throwReason(signal: AbortSignal | undefined) {
  return (error: unknown): never => {
    throw signal?.aborted ? signal.reason : error;
  };
}
