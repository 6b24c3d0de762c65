import type { SpanSink } from '../../../workload/tracing.ts';
import type { ClusterNetwork, TargetRegistry } from '../contracts.ts';
import type { Simulation } from '../simulation.ts';
import type { EmbeddedProcess } from './embedded-process.ts';

/** What all processes of a cluster share. */
export interface ProcessWorld {
  readonly simulation: Simulation;
  readonly seed: number;
  readonly network: ClusterNetwork;
  readonly targets: TargetRegistry;
  readonly spans: SpanSink;
  readonly traceSampling: number;
  readonly errorTraceSampling: number;
  readonly load: LoadState;
  /** The process that accepts connections there. */
  listenerAt(podUid: string, port: number): EmbeddedProcess | undefined;
  bind(process: EmbeddedProcess, port: number): void;
  unbind(process: EmbeddedProcess, port: number): void;
}

/** The load asked for and who makes it. */
export interface LoadState {
  requestsPerSecond: number;
  factor: number;
  /** Load generators that run, in order of start. */
  readonly generators: EmbeddedProcess[];
}
