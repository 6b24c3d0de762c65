import type { WatchEvent } from '../../kube/client.ts';

/**
 * Events of several watches as one, each in the order of its watch. Bookmarks are left out: one of a single watch says
 * nothing of the others. Ends when the signal aborts or one of them fails; the others are stopped then.
 */
export async function* mergeWatches(
  watches: readonly ((signal: AbortSignal) => AsyncIterable<WatchEvent>)[],
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void, void> {
  if (watches.length === 1) {
    const [only] = watches;
    if (only !== undefined) yield* only(signal);
    return;
  }
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const waiting: WatchEvent[] = [];
  let wake: () => void = () => undefined;
  let failure: { readonly error: unknown } | undefined;
  let running = watches.length;
  const all = watches.map(async (watch) => {
    try {
      for await (const event of watch(both)) {
        if (event.type === 'BOOKMARK') continue;
        waiting.push(event);
        wake();
      }
    } catch (error) {
      failure ??= { error };
    } finally {
      running--;
      wake();
    }
  });
  try {
    for (;;) {
      for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) yield event;
      if (failure !== undefined) throw failure.error;
      if (running === 0) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (waiting.length > 0 || failure !== undefined || running === 0) resolve();
      });
    }
  } finally {
    stop.abort();
    await Promise.all(all);
  }
}
