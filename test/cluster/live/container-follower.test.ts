import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ContainerFollower, type LogRequest } from '../../../src/cluster/live/container-follower.ts';

/** A container whose kubelet keeps the log of the present instance and of the one before. */
class FakeContainer {
  readonly written: string[] = [];
  readonly #instances: string[][] = [[]];
  #timeMs = Date.UTC(2026, 0, 1);
  #cuts: (() => void)[] = [];
  isGone = false;

  get restarts(): number {
    return this.#instances.length - 1;
  }

  /** Lines of stdout and stderr may stand in the log in another order than their stamps; texts repeat. */
  write(count: number, jitter: number): void {
    for (let i = 0; i < count; i++) {
      this.#timeMs += 170;
      const ms = this.#timeMs - (i % 3 === 2 ? jitter : 0);
      const line = `${new Date(ms).toISOString().replace('Z', '000000Z')} text ${i % 4}`;
      this.#instances.at(-1)?.push(line);
      this.written.push(line);
    }
  }

  restart(): void {
    this.#timeMs += 900;
    this.#instances.push([]);
    this.cut();
  }

  /** Breaks all open streams. */
  cut(): void {
    for (const cut of this.#cuts.splice(0)) cut();
  }

  async open({ follow, previous, since }: LogRequest, signal: AbortSignal, chunkBytes: number) {
    const lines = this.#instances.at(previous ? -2 : -1);
    if (lines === undefined || this.isGone) return { status: 404, body: chunks('{"kind":"Status"}\n', 99) };
    let isCut = false;
    this.#cuts.push(() => {
      isCut = true;
    });
    const isOver = () => !follow || isCut || signal.aborted;
    async function* body() {
      let at = 0;
      do {
        const more = lines?.slice(at) ?? [];
        at += more.length;
        const wanted = more.filter((line) => since === undefined || line.slice(0, 19) >= since.slice(0, 19));
        for await (const chunk of chunks(wanted.map((line) => `${line}\n`).join(''), chunkBytes)) {
          if (follow && isCut) throw new Error('connection reset');
          yield chunk;
        }
        await sleep(1);
      } while (!isOver());
      if (isCut) throw new Error('connection reset');
    }
    return { status: 200, body: body() };
  }
}

async function* chunks(text: string, bytes: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.from(text);
  for (let at = 0; at < buffer.length; at += bytes) yield buffer.subarray(at, at + bytes);
}

function follow(container: FakeContainer, chunkBytes = 64): { follower: ContainerFollower; got: string[] } {
  const got: string[] = [];
  const follower = new ContainerFollower({
    open: (request, signal) => container.open(request, signal, chunkBytes),
    write: async (raw) => {
      got.push(raw);
    },
    restarts: () => (container.isGone ? undefined : container.restarts),
    pauseMs: 1,
    maxPauseMs: 4,
  });
  return { follower, got };
}

async function untilTold(got: readonly string[], container: FakeContainer): Promise<void> {
  for (let i = 0; i < 300 && got.length < container.written.length; i++) await sleep(1);
}

test('over broken streams and restarts every line comes once', async () => {
  const step = fc.oneof(
    fc.record({ write: fc.integer({ min: 1, max: 25 }), jitter: fc.integer({ min: 0, max: 900 }) }),
    fc.constant('cut' as const),
    fc.constant('restart' as const),
    fc.constant('settle' as const),
    fc.constant('pass' as const),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 14 }),
      fc.integer({ min: 1, max: 200 }),
      async (steps, chunkBytes) => {
        const container = new FakeContainer();
        container.write(2, 0);
        const { follower, got } = follow(container, chunkBytes);
        for (const one of steps) {
          if (one === 'cut') container.cut();
          else if (one === 'settle') await follower.settle();
          else if (one === 'pass') await turn();
          else if (one === 'restart') {
            // a kubelet waits before it starts a container again
            await untilTold(got, container);
            container.write(2, 0);
            container.restart();
            follower.podChanged();
            await untilTold(got, container);
          } else container.write(one.write, one.jitter);
        }
        await follower.settle();
        await follower.stop();
        expect([...got].sort()).toEqual([...container.written].sort());
      },
    ),
    { numRuns: 40, endOnFailure: true },
  );
});

test('what the instance before wrote is read, also if following began later', async () => {
  const container = new FakeContainer();
  container.write(5, 0);
  container.restart();
  container.write(3, 0);
  const { follower, got } = follow(container);
  await follower.settle();
  await follower.stop();
  expect(got).toEqual(container.written);
});

test('following ends when the pod is gone, and asking it to settle then does not wait', async () => {
  const container = new FakeContainer();
  container.write(4, 0);
  const { follower, got } = follow(container);
  await follower.settle();
  container.isGone = true;
  container.cut();
  await follower.done;
  await follower.settle();
  expect(got).toEqual(container.written);
});

test('a node that does not answer keeps nobody waiting for its logs', { timeout: 5000 }, async () => {
  const follower = new ContainerFollower({
    open: (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    write: async () => undefined,
    restarts: () => 0,
    answerMs: 50,
  });
  await follower.settle();
  await follower.stop();
});
