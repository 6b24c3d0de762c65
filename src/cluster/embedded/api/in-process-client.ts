import type { KubeClient } from '../../../kube/client.ts';
import type { KubeObject } from '../../../kube/objects.ts';
import { responseError } from '../../../kube/response-error.ts';
import { createRestClient } from '../../../kube/rest-client.ts';
import type { KubeTransport, TransportFrame } from '../../../kube/transport.ts';
import type { WatchFrame } from './api-request.ts';
import type { ApiServer } from './api-server.ts';
import { thawed } from './frozen.ts';

export interface InProcessOptions {
  /** Awaited before each request: resolves when virtual time stands still. */
  readonly gate?: () => Promise<void>;
}

/**
 * A client on the same handlers as HTTP, without HTTP. Objects answered to requests are copies; objects in watch events
 * are the store's own and must not be changed. A watch gets a bookmark whenever other kinds have moved on without it.
 */
export function createInProcessClient(server: ApiServer, options: InProcessOptions = {}): KubeClient {
  const bookmarks = new Set<() => void>();
  let isScheduled = false;
  server.store.onCommit(() => {
    if (isScheduled || bookmarks.size === 0) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      for (const mark of [...bookmarks]) mark();
    });
  });
  const transport: KubeTransport = {
    nowMs: () => server.store.simulation.nowMs,
    // the only reason to open a watch again in-process is a forgotten history: no need to wait
    wait: () => Promise.resolve(),
    async request(request) {
      await options.gate?.();
      const answer = server.handle({ userAgent: 'kubectl', query: {}, ...request });
      return { status: answer.status, body: thawed(answer.body) };
    },
    async *watch(path, query, signal) {
      await options.gate?.();
      const answer = server.handle({ method: 'GET', path, query });
      if (answer.watch === undefined)
        throw responseError({ status: answer.status, body: answer.body }, `GET ${path}`);
      const { watch } = answer;
      const queue = new FrameQueue(signal);
      const stop = watch.start((frame) => queue.push(frame));
      const mark = () => queue.push(watch.bookmark());
      bookmarks.add(mark);
      mark();
      try {
        for (;;) {
          const frame = await queue.next();
          if (frame === undefined) return;
          yield frame;
        }
      } finally {
        bookmarks.delete(mark);
        stop();
      }
    },
  };
  return createRestClient(transport);
}

class FrameQueue {
  readonly #frames: TransportFrame[] = [];
  #at = 0;
  #wake: (() => void) | undefined;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  push({ type, object, atMs }: WatchFrame): void {
    this.#frames.push({ type, object: object as KubeObject, receivedMs: atMs });
    this.#wake?.();
  }

  /** `undefined` once the signal has aborted. */
  async next(): Promise<TransportFrame | undefined> {
    for (;;) {
      if (this.#signal.aborted) return undefined;
      const frame = this.#frames[this.#at];
      if (frame !== undefined) {
        this.#at++;
        if (this.#at > 1000) this.#frames.splice(0, this.#at);
        if (this.#at > 1000) this.#at = 0;
        return frame;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
