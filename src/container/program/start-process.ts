import type { CompiledProgram } from '../../workload/compiled-program.ts';
import type { HostIdentity } from '../../workload/host.ts';
import { type Instance, runtimeMetrics } from '../../workload/instance.ts';
import { LoadGenerator } from '../../workload/load-generator.ts';
import { exposition, type Instrument } from '../../workload/metrics.ts';
import { Service } from '../../workload/service.ts';
import { ContainerHost } from './container-host.ts';
import { CpuQueue } from './cpu-queue.ts';
import { HttpFront } from './http-front.ts';
import type { LoadControl } from './load-control.ts';
import type { ProcessMemory } from './process-memory.ts';
import { storeOpeners } from './store-openers.ts';
import type { TelemetryExport } from './telemetry-export.ts';

/** Longest time to send what is buffered before the process ends. */
const flushMs = 1500;
/** Cost of answering a probe. */
const probeWorkMs = 0.3;
const generatorShutdownMs = 200;

export interface ProcessParts {
  readonly program: CompiledProgram;
  readonly identity: HostIdentity;
  readonly memory: ProcessMemory;
  readonly telemetry: TelemetryExport;
  /** Given for load generators only. */
  readonly load?: LoadControl;
}

/** What a service and a load generator have in common, as a process sees them. */
interface Runnable {
  readonly instance: Instance;
  start(): void;
  terminate(): void;
  health(path: string, done: (status: number) => void): void;
}

/** Starts the program on its port; from now on it ends by itself or by SIGTERM. */
export function startProcess({ program, identity, memory, telemetry, load }: ProcessParts): void {
  const cpu = new CpuQueue();
  const host = new ContainerHost({
    identity,
    cpu,
    memory,
    telemetry,
    stores: storeOpeners(program.upstreams.map((upstream) => upstream.protocol)),
    ...(load === undefined ? {} : { load }),
    listen: () =>
      front.listen(program.port, (error) => {
        runnable.instance.logger.log('error', 'failed to start', { error: error.message });
        host.exit(1);
      }),
    stopListening: () => front.stopListening(),
    exit: (code) => void endAfterFlush(telemetry, code),
  });
  const service = load === undefined ? new Service(program, host) : undefined;
  const runnable: Runnable = service ?? generator(new LoadGenerator(program, host), host);
  host.resource = runnable.instance.resource;
  const own = ownMetrics(runnable.instance, memory);
  const routes = new Set(program.routes.map((route) => route.label));
  const front = new HttpFront(
    {
      // Without routes of its own a load generator is only managed.
      serve: (inbound) => (service === undefined ? inbound.answer(404) : service.serve(inbound)),
      health: (path, done) => cpu.compute(probeWorkMs, () => runnable.health(path, done)),
      metrics: () =>
        exposition({
          emit: (emit) => {
            runnable.instance.metrics.emit(emit);
            own.emit(emit);
          },
        }),
      hasRoute: (path) => routes.has(`GET ${path}`),
      ...(load === undefined ? {} : { manage: (method, path, body) => load.handle(method, path, body) }),
    },
    identity.seed,
  );
  process.on('SIGTERM', () => runnable.terminate());
  process.on('SIGINT', () => host.exit(130));
  runnable.start();
}

function generator(users: LoadGenerator, host: ContainerHost): Runnable {
  return {
    instance: users.instance,
    start: () => users.start(),
    terminate: () => void host.after(generatorShutdownMs, () => host.exit(0)),
    health: (_path, done) => done(200),
  };
}

function ownMetrics(instance: Instance, memory: ProcessMemory): Instrument {
  return runtimeMetrics(instance.program.runtime, {
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    residentBytes: () => process.memoryUsage.rss(),
    heapBytes: () => memory.heapBytes(),
    startSeconds: Math.round(performance.timeOrigin) / 1000,
    inFlight: () => instance.inFlight,
  });
}

async function endAfterFlush(telemetry: TelemetryExport, code: number): Promise<void> {
  await Promise.race([telemetry.flush(), new Promise((resolve) => setTimeout(resolve, flushMs))]);
  process.exit(code);
}
