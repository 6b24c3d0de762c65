import { readFileSync } from 'node:fs';
import { hash32 } from '../../base/random.ts';
import type { Program } from '../../spec/program.ts';
import { compileProgram } from '../../workload/compile.ts';
import type { CompiledProgram } from '../../workload/compiled-program.ts';
import type { HostIdentity } from '../../workload/host.ts';
import { Logger } from '../../workload/logger.ts';
import { memoryOf } from '../../workload/memory-model.ts';
import { releaseOf } from '../../workload/release.ts';
import { readSettings } from '../../workload/settings.ts';
import { readIdentity } from './identity.ts';
import { LoadControl } from './load-control.ts';
import { memoryLimitBytes, ProcessMemory } from './process-memory.ts';
import { startProcess } from './start-process.ts';
import { telemetryExport } from './telemetry-export.ts';

/** What an image contains beside the program that runs it: `/app/program.json`. */
export interface ImageContent {
  readonly program: Program;
  /** The release of the program that this image is. */
  readonly release: string;
  /** Load generators: requests a second until told otherwise. */
  readonly requestsPerSecond?: number;
}

/** A process reads its configuration so long after it began. */
const configurationMs = 80;

/**
 * Runs a program until it ends, and with it this process, by the program's exit code: 1 after telling what is wrong
 * with its settings. Throws if there is no such release.
 */
export function runProgram(content: ImageContent, env: Readonly<Record<string, string>>): void {
  const released = releaseOf(content.program, content.release);
  if (released === undefined) throw new Error(`${content.program.name} has no release ${content.release}`);
  const runtime = released.runtime ?? 'go';
  const isLoad = released.kind === 'load-generator';
  const own = readIdentity(env, readText, released.name);
  // users do the same whichever pod plays them
  const identity = isLoad ? { ...own, seed: hash32(`${own.namespace}/${released.name}`) } : own;
  const { settings, problems } = readSettings(released.settings ?? [], env, runtime);
  if (problems.length > 0) {
    const logger = new Logger(standardOutput, runtime, released.name, identity.pod);
    setTimeout(() => {
      for (const problem of problems) logger.log('error', problem.message);
      process.exit(1);
    }, configurationMs);
    return;
  }
  const program: CompiledProgram = compileProgram(released, settings);
  const limitBytes = memoryLimitBytes();
  startProcess({
    program,
    identity,
    memory: new ProcessMemory(memoryOf(released, settings, Date.now(), limitBytes), limitBytes !== undefined),
    telemetry: telemetryExport(env.OTEL_EXPORTER_OTLP_ENDPOINT),
    ...(isLoad ? { load: loadControl(content, env, identity) } : {}),
  });
}

function loadControl(
  content: ImageContent,
  env: Readonly<Record<string, string>>,
  identity: HostIdentity,
): LoadControl {
  const requestsPerSecond = Number(env.REQUESTS_PER_SECOND ?? content.requestsPerSecond ?? 1);
  return new LoadControl({
    requestsPerSecond: requestsPerSecond >= 0 ? requestsPerSecond : 1,
    factor: 1,
    traceSampling: identity.traceSampling,
    originMs: 0,
    index: 0,
    count: 1,
  });
}

const standardOutput = {
  nowMs: Date.now,
  write: (line: string) => void process.stdout.write(`${line}\n`),
};

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
