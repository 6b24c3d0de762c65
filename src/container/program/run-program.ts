import { readFileSync } from 'node:fs';
import type { Program } from '../../spec/program.ts';
import { compileProgram } from '../../workload/compile.ts';
import type { CompiledProgram } from '../../workload/compiled-program.ts';
import type { Instance } from '../../workload/instance.ts';
import { runtimeMetrics } from '../../workload/instance.ts';
import { LoadGenerator } from '../../workload/load-generator.ts';
import { Logger } from '../../workload/logger.ts';
import { memoryOf } from '../../workload/memory-model.ts';
import { exposition } from '../../workload/metrics.ts';
import { type ReleasedProgram, releaseOf } from '../../workload/release.ts';
import { Service } from '../../workload/service.ts';
import { readSettings } from '../../workload/settings.ts';
import { ContainerHost } from './container-host.ts';
import { CpuQueue } from './cpu-queue.ts';
import { HttpFront } from './http-front.ts';
import { readIdentity } from './identity.ts';
import { LoadControl } from './load-control.ts';
import { memoryLimitBytes, ProcessMemory } from './process-memory.ts';
import { noSpans } from './span-export.ts';
import { storeOpeners } from './store-openers.ts';

/** What an image contains beside the program that runs it: `/app/program.json`. */
export interface ImageContent {
  readonly program: Program;
  /** The release of the program that this image is. */
  readonly release: string;
  /** Load generators: requests a second until told otherwise. */
  readonly requestsPerSecond?: number;
}

type Environment = Readonly<Record<string, string>>;

const flushMs = 1500;
const probeWorkMs = 0.3;
/** A process reads its configuration so long after it began. */
const configurationMs = 80;

/** Runs a program until it ends; ends this process with the program's exit code. Throws if there is no such release. */
export function runProgram(content: ImageContent, env: Environment): void {
  const program = releaseOf(content.program, content.release);
  if (program === undefined) throw new Error(`${content.program.name} has no release ${content.release}`);
  const runtime = program.runtime ?? 'go';
  const { settings, problems } = readSettings(program.settings ?? [], env, runtime);
  const identity = readIdentity(env, readText, program.name);
  if (problems.length > 0) {
    const write = (line: string): void => void process.stdout.write(`${line}\n`);
    const logger = new Logger({ nowMs: Date.now, write }, runtime, program.name, identity.pod);
    setTimeout(() => {
      for (const problem of problems) logger.log('error', problem.message);
      process.exit(1);
    }, configurationMs);
    return;
  }
  const compiled = compileProgram(program, settings);
  const memory = new ProcessMemory(memoryOf(program, settings, Date.now(), memoryLimitBytes()));
  start(program, compiled, memory, content, env);

  function start(
    released: ReleasedProgram,
    ready: CompiledProgram,
    ownMemory: ProcessMemory,
    image: ImageContent,
    environment: Environment,
  ): void {
    const cpu = new CpuQueue();
    const load =
      released.kind === 'load-generator'
        ? new LoadControl({
            requestsPerSecond: Number(environment.REQUESTS_PER_SECOND ?? image.requestsPerSecond ?? 1),
            factor: 1,
            traceSampling: identity.traceSampling,
            index: 0,
            count: 1,
          })
        : undefined;
    const host: ContainerHost = new ContainerHost({
      identity,
      cpu,
      memory: ownMemory,
      spans: noSpans,
      stores: storeOpeners,
      ...(load === undefined ? {} : { load }),
      listen: () => front.listen(ready.port, (error) => fail(error)),
      stopListening: () => front.stopListening(),
      exit: (code) => void finish(code),
    });
    const finish = async (code: number): Promise<void> => {
      await Promise.race([host.spans.flush(), new Promise((resolve) => setTimeout(resolve, flushMs))]);
      process.exit(code);
    };
    const fail = (error: Error): void => {
      instance.logger.log('error', 'failed to start', { error: error.message });
      host.exit(1);
    };
    const service = load === undefined ? new Service(ready, host) : undefined;
    const generator = service === undefined ? new LoadGenerator(ready, host) : undefined;
    const instance = (service ?? generator)?.instance as Instance;
    const own = runtimeMetrics(ready.runtime, {
      cpuSeconds: () => {
        const usage = process.cpuUsage();
        return (usage.user + usage.system) / 1e6;
      },
      residentBytes: () => process.memoryUsage.rss(),
      heapBytes: () => ownMemory.heapBytes(),
      startSeconds: Math.round(performance.timeOrigin) / 1000,
      inFlight: () => instance.inFlight,
    });
    const routes = new Set(ready.routes.map((route) => route.label));
    const front = new HttpFront(
      {
        serve: (inbound) => service?.serve(inbound),
        health: (path, done) =>
          cpu.compute(probeWorkMs, () => {
            if (service === undefined) done(200);
            else service.health(path, done);
          }),
        metrics: () =>
          exposition({
            emit: (emit) => {
              instance.metrics.emit(emit);
              own.emit(emit);
            },
          }),
        hasRoute: (path) => routes.has(`GET ${path}`),
        ...(load === undefined ? {} : { manage: (method, path, body) => load.handle(method, path, body) }),
      },
      identity.seed,
    );
    process.on('SIGTERM', () => {
      if (service !== undefined) service.terminate();
      else setTimeout(() => host.exit(0), 200);
    });
    process.on('SIGINT', () => host.exit(130));
    service?.start();
    generator?.start();
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
