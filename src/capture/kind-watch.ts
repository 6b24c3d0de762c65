import { OperationError } from '../base/errors.ts';
import type { GroupVersionKind, KubeClient, WatchEvent } from '../kube/client.ts';
import type { KubeObject } from '../kube/objects.ts';

/** What a watch tells of one object. `previous` is its state before, where there was one. */
export interface KindListener {
  /** An object that was there when the watch began. */
  initial(object: KubeObject): void;
  changed(
    type: 'ADDED' | 'MODIFIED' | 'DELETED',
    object: KubeObject,
    previous: KubeObject | undefined,
    timeMs: number,
  ): void;
}

/** A list and a watch of one kind from there on; knows the present state of every object of the kind. */
export class KindWatch {
  readonly #kube: KubeClient;
  readonly #kind: GroupVersionKind;
  readonly #listener: KindListener;
  readonly #objects = new Map<string, KubeObject>();
  /** Identities of what is gone for good. */
  readonly #gone = new Set<string>();
  readonly #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #failure: unknown;
  #events = 0;
  #bookmark = '0';

  constructor(kube: KubeClient, kind: GroupVersionKind, listener: KindListener) {
    this.#kube = kube;
    this.#kind = kind;
    this.#listener = listener;
  }

  /** Lists; when it returns, nothing that happens later is missed. */
  async start(): Promise<void> {
    const { items, resourceVersion } = await this.#kube.list(this.#kind);
    for (const object of items) {
      this.#objects.set(identity(object), object);
      this.#listener.initial(object);
    }
    this.#running = this.#follow(resourceVersion).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  async #follow(resourceVersion: string): Promise<void> {
    for await (const event of this.#kube.watch(this.#kind, resourceVersion, this.#abort.signal))
      this.#take(event);
  }

  #take({ type, object, receivedMs }: WatchEvent): void {
    this.#events++;
    if (type === 'BOOKMARK') {
      this.#bookmark = versionOf(object);
      return;
    }
    const id = identity(object);
    const previous = this.#objects.get(id);
    // a resumed watch may tell again what is known
    if (
      previous !== undefined &&
      type !== 'DELETED' &&
      compareVersions(versionOf(object), versionOf(previous)) <= 0
    )
      return;
    if (type === 'DELETED') {
      this.#objects.delete(id);
      this.#gone.add(id);
    } else this.#objects.set(id, object);
    this.#listener.changed(type, object, previous, receivedMs);
  }

  /**
   * Waits until the watch has reached what a fresh list answers: a bookmark at its version, or every listed object is
   * known and nothing more comes for a while (objects that came and went in between leave no trace in a list).
   * Lets the event loop turn; the cluster's clock is not moved. OperationError if it does not get there.
   *
   * @param quietMs how long "a while" is; 0 for a watch inside this process, which needs turns of the loop only
   */
  async catchUp(quietMs: number, patienceMs = 30_000): Promise<void> {
    const { items, resourceVersion } = await this.#kube.list(this.#kind);
    const listed = new Map(items.map((object) => [identity(object), object]));
    let waitedMs = 0;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failed();
      if (compareVersions(this.#bookmark, resourceVersion) >= 0) return;
      const behind = this.#behind(listed, resourceVersion);
      if (behind === undefined && (await this.#isQuiet(quietMs))) return;
      if (waitedMs >= patienceMs)
        throw new OperationError(
          'watch-behind',
          `the watch of ${this.#kind.kind} does not catch up: ${behind}`,
          {
            isRetryable: true,
          },
        );
      await new Promise((resolve) => setTimeout(resolve, 1));
      waitedMs += 1;
    }
  }

  async #isQuiet(quietMs: number): Promise<boolean> {
    const before = this.#events;
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (quietMs > 0) await new Promise((resolve) => setTimeout(resolve, quietMs));
    return this.#events === before && this.#failure === undefined;
  }

  #behind(listed: ReadonlyMap<string, KubeObject>, resourceVersion: string): string | undefined {
    for (const [id, object] of listed) {
      // gone since the list: the watch is ahead of it
      if (this.#gone.has(id)) continue;
      const known = this.#objects.get(id);
      if (known === undefined || compareVersions(versionOf(known), versionOf(object)) < 0)
        return object.metadata.name;
    }
    for (const [id, object] of this.#objects)
      if (!listed.has(id) && compareVersions(versionOf(object), resourceVersion) <= 0)
        return object.metadata.name;
    return undefined;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  #failed(): OperationError {
    return new OperationError('watch-failed', `the watch of ${this.#kind.kind} ended`, {
      cause: this.#failure,
    });
  }
}

/** Two objects of the same name are two if one was made after the other was gone. */
function identity(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}/${object.metadata.uid ?? ''}`;
}

export function versionOf(object: KubeObject): string {
  return object.metadata.resourceVersion ?? '0';
}

/** Resource versions as numbers of any length. */
export function compareVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
