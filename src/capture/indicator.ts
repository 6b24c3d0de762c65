/** One number about one thing in one part of the window. `subject`: an entity, or what else the name says. */
export interface Indicator {
  readonly name:
    | 'requests'
    | 'error-ratio'
    | 'latency-p95'
    | 'events'
    | 'container-state'
    | 'restarts'
    | 'replicas-missing'
    | 'log-errors'
    | 'span-errors';
  readonly subject: string;
  readonly value: number;
  readonly unit: 'count' | 'ratio' | 'seconds';
}

/** A part of the window, in epoch ms. */
export interface Part {
  readonly fromMs: number;
  readonly toMs: number;
}
