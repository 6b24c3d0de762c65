import { expect, it } from 'vitest';
import { compileProgram } from '../../src/workload/compile.ts';
import type { Failure } from '../../src/workload/failure.ts';
import type { Host, Inbound, Link } from '../../src/workload/host.ts';
import type { Operation } from '../../src/workload/operations.ts';
import { releaseOf } from '../../src/workload/release.ts';
import { Service } from '../../src/workload/service.ts';
import { readSettings } from '../../src/workload/settings.ts';
import type { Task } from '../../src/workload/task.ts';
import type { SpanRecord } from '../../src/workload/tracing.ts';
import type { Upstream } from '../../src/workload/upstream.ts';

/** Real timers and promises behind the same seam: what a container on kind will do with sockets. */
class PromiseHost implements Host {
  readonly halted = false;
  readonly identity = {
    seed: 1,
    namespace: 'shop',
    pod: 'front-0',
    node: 'n',
    podUid: 'u',
    container: 'front',
    traceSampling: 1,
    errorTraceSampling: 0,
  };
  readonly recorded: SpanRecord[] = [];
  readonly spans = { record: (span: SpanRecord) => void this.recorded.push(span) };
  readonly lines: string[] = [];
  readonly requests: string[] = [];
  heldKiB = 0;
  isListening = false;
  exitCode: number | undefined;
  nowMs(): number {
    return performance.timeOrigin + performance.now();
  }
  defer(): void {}
  sleep(task: Task, ms: number): void {
    setTimeout(task.wake, ms);
  }
  compute(task: Task, ms: number): void {
    setTimeout(task.wake, ms);
  }
  after(ms: number, callback: () => void): { cancel(): void } {
    const timer = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(timer) };
  }
  open(task: Task, upstream: Upstream): void {
    const { requests } = this;
    const link: Link = {
      isOpen: true,
      ip: '127.0.0.1',
      openedMs: this.nowMs(),
      idleSinceMs: 0,
      exchange(waiting: Task, operation: Operation) {
        requests.push(operation.text);
        const outcome: number | Failure =
          operation.text === 'GET /bad' ? upstream.fail('reset', '127.0.0.1') : 200;
        void Promise.resolve().then(() => waiting.resume(outcome));
      },
      subscribe() {},
      close() {},
    };
    void Promise.resolve().then(() => task.resume(link));
  }
  hold(kib: number): void {
    this.heldKiB += kib;
  }
  release(kib: number): void {
    this.heldKiB -= kib;
  }
  leak(): void {}
  listen(): void {
    this.isListening = true;
  }
  stopListening(): void {
    this.isListening = false;
  }
  write(line: string): void {
    this.lines.push(line);
  }
  exit(code: number): void {
    this.exitCode = code;
  }
  load() {
    return { requestsPerSecond: 0, index: 0, count: 1 };
  }
}

it('a service runs on an asynchronous driver, unchanged', async () => {
  const program = releaseOf(
    {
      name: 'front',
      summary: 'x',
      kind: 'service',
      image: 'x/front',
      startupMs: 2,
      shutdownMs: 10,
      upstreams: [{ name: 'back', protocol: 'http', address: 'back:8080' }],
      routes: [
        {
          method: 'GET',
          path: '/page/{id}',
          steps: [
            { work: 1 },
            { parallel: [[{ call: 'back', route: 'GET /a' }], [{ call: 'back', route: 'GET /b' }]] },
          ],
        },
        { method: 'GET', path: '/broken', steps: [{ call: 'back', route: 'GET /bad' }] },
      ],
      releases: [{ tag: '1' }],
    },
    '1',
  )!;
  const host = new PromiseHost();
  const service = new Service(compileProgram(program, readSettings([], {}, 'go').settings), host);
  service.start();
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  await until(() => host.isListening);
  const ask = (route: string): Promise<number> =>
    new Promise((resolve) => {
      const inbound: Inbound = {
        route,
        key: 5,
        trace: undefined,
        parent: undefined,
        isAbandoned: false,
        answer: resolve,
      };
      service.serve(inbound);
    });
  expect(await Promise.all([ask('GET /page/7'), ask('GET /broken'), ask('GET /nowhere')])).toEqual([
    200, 502, 404,
  ]);
  expect(host.requests.sort()).toEqual(['GET /a', 'GET /b', 'GET /bad']);
  expect(host.heldKiB).toBe(0);
  service.terminate();
  await until(() => host.exitCode !== undefined);
  expect(host.exitCode).toBe(0);
});
