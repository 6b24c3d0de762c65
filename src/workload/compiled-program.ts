import type { Runtime } from './failure.ts';
import type { Level } from './logger.ts';
import type { HistogramFamily } from './metrics.ts';
import type { Operation } from './operations.ts';
import type { SpanShape } from './tracing.ts';
import type { Upstream } from './upstream.ts';

/** A step with everything resolved that does not change while the process runs. */
export type CompiledStep =
  | { readonly kind: 'work'; readonly ms: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'call'; readonly operation: Operation; readonly optional: boolean }
  | { readonly kind: 'parallel'; readonly branches: readonly (readonly CompiledStep[])[] }
  | { readonly kind: 'query'; readonly operation: Operation; readonly optional: boolean }
  | {
      readonly kind: 'cache';
      readonly operation: Operation;
      readonly optional: boolean;
      readonly hitRatio: number;
      readonly miss: readonly CompiledStep[];
    }
  | { readonly kind: 'publish'; readonly operation: Operation; readonly optional: boolean }
  | { readonly kind: 'chance'; readonly chance: number; readonly steps: readonly CompiledStep[] }
  | { readonly kind: 'repeat'; readonly times: number; readonly steps: readonly CompiledStep[] }
  | { readonly kind: 'log'; readonly message: string; readonly level: Level }
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly probability: number;
      readonly message: string;
    }
  | { readonly kind: 'allocate'; readonly kib: number; readonly leak: boolean };

export interface CompiledRoute {
  readonly method: string;
  readonly path: string;
  readonly label: string;
  readonly steps: readonly CompiledStep[];
  readonly shape: SpanShape;
  readonly durations: HistogramFamily<number>;
}

export interface CompiledSubscription {
  readonly upstream: Upstream;
  readonly subject: string;
  readonly group: string;
  readonly concurrency: number;
  readonly steps: readonly CompiledStep[];
  readonly shape: SpanShape;
}

export interface CompiledJourney {
  readonly weight: number;
  readonly name: string;
  readonly requests: readonly { readonly operation: Operation; readonly thinkMs: number }[];
}

/** A program at a release with its settings: ready to run. */
export interface CompiledProgram {
  readonly name: string;
  readonly version: string;
  readonly runtime: Runtime;
  readonly port: number;
  readonly startupMs: number;
  readonly shutdownMs: number;
  readonly concurrency: number;
  readonly backlog: number;
  readonly perRequestKiB: number;
  readonly upstreams: readonly Upstream[];
  readonly routes: readonly CompiledRoute[];
  readonly subscriptions: readonly CompiledSubscription[];
  readonly periodic: readonly {
    readonly name: string;
    readonly everyMs: number;
    readonly steps: readonly CompiledStep[];
    readonly shape: SpanShape;
  }[];
  readonly start: readonly CompiledStep[];
  readonly readyNeeds: readonly Upstream[];
  readonly journeys: readonly CompiledJourney[];
  readonly accessLogRatio: number;
  /** Lowest level that is logged: the setting LOG_LEVEL, if the program declares one. */
  readonly logLevel: Level;
}
