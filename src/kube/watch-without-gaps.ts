import { OperationError } from '../base/errors.ts';
import type { ObjectList, WatchEvent } from './client.ts';
import { KubeApiError } from './errors.ts';
import type { KubeObject } from './objects.ts';
import type { KubeTransport } from './transport.ts';

export interface GaplessWatch {
  readonly transport: KubeTransport;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly resourceVersion: string;
  readonly signal: AbortSignal;
  /** Fresh list of the same selection. */
  list(): Promise<ObjectList>;
}

/** How often in a row a watch may end without a word before it is given up. */
const patience = 20;

/**
 * A watch that goes on until the signal aborts: a broken connection is opened again where it ended, and when the
 * server has forgotten the changes since then (410), the differences between a fresh list and what is known are
 * delivered as events, in order of resourceVersion.
 */
export async function* watchWithoutGaps(watch: GaplessWatch): AsyncGenerator<WatchEvent, void, void> {
  const { transport, signal } = watch;
  const known = new Map<string, KubeObject>();
  // only for the difference after a 410: what was there when the watch began
  for (const object of (await watch.list()).items)
    if (isAtMost(object.metadata.resourceVersion, watch.resourceVersion)) known.set(keyOf(object), object);
  let version = watch.resourceVersion;
  let silent = 0;
  let failure: unknown;
  while (!signal.aborted) {
    let mustRelist = false;
    try {
      const query = {
        ...watch.query,
        watch: 'true',
        allowWatchBookmarks: 'true',
        timeoutSeconds: '290',
        resourceVersion: version,
      };
      for await (const { type, object, receivedMs } of transport.watch(watch.path, query, signal)) {
        if (type === 'ERROR') {
          const status = object as unknown as { code?: number; reason?: string; message?: string };
          throw new KubeApiError(
            status.code ?? 500,
            status.reason ?? '',
            status.message ?? 'the watch failed',
          );
        }
        silent = 0;
        version = object.metadata.resourceVersion ?? version;
        if (type === 'DELETED') known.delete(keyOf(object));
        else if (type !== 'BOOKMARK') known.set(keyOf(object), object);
        yield { type, object, receivedMs };
      }
    } catch (error) {
      if (signal.aborted) return;
      failure = error;
      if (error instanceof KubeApiError && error.status === 410) mustRelist = true;
      else if (!(error instanceof OperationError && error.isRetryable)) throw error;
    }
    if (signal.aborted) return;
    if (++silent > patience)
      throw (
        failure ??
        new OperationError('watch-lost', `the watch of ${watch.path} ends again and again without events`)
      );
    if (mustRelist) {
      const fresh = await watch.list();
      for (const event of differences(known, fresh.items, transport.nowMs())) yield event;
      version = fresh.resourceVersion;
    } else if (silent > 1) await transport.wait(Math.min(100 * 2 ** (silent - 2), 2000), signal);
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function isAtMost(version: string | undefined, limit: string): boolean {
  const number = Number(version);
  return Number.isNaN(number) || Number.isNaN(Number(limit)) || number <= Number(limit);
}

/** Events that lead from what is known to a fresh list; `known` becomes the list. */
function differences(
  known: Map<string, KubeObject>,
  items: readonly KubeObject[],
  receivedMs: number,
): WatchEvent[] {
  const events: WatchEvent[] = [];
  const present = new Set<string>();
  for (const object of items) {
    const key = keyOf(object);
    present.add(key);
    const before = known.get(key);
    if (before !== undefined && before.metadata.uid !== object.metadata.uid)
      events.push({ type: 'DELETED', object: before, receivedMs });
    if (before === undefined || before.metadata.uid !== object.metadata.uid)
      events.push({ type: 'ADDED', object, receivedMs });
    else if (before.metadata.resourceVersion !== object.metadata.resourceVersion)
      events.push({ type: 'MODIFIED', object, receivedMs });
    known.set(key, object);
  }
  for (const [key, object] of [...known]) {
    if (present.has(key)) continue;
    known.delete(key);
    events.push({ type: 'DELETED', object, receivedMs });
  }
  const order = (e: WatchEvent) => Number(e.object.metadata.resourceVersion ?? 0);
  return events.sort((a, b) => order(a) - order(b));
}
