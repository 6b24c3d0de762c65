/** A sample pair as Prometheus sends it, parsed: epoch seconds and value (NaN and ±Inf possible). */
export type Sample = readonly [timeSeconds: number, value: number];

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly Sample[];
}

/** One finished span; OpenTelemetry names, times in epoch ms, duration in nanoseconds. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER' | 'INTERNAL';
  readonly startMs: number;
  readonly durationNs: number;
  /** `service.name`, `k8s.namespace.name`, `k8s.pod.name`, `k8s.node.name`, `service.version`, … */
  readonly resource: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly status: 'UNSET' | 'OK' | 'ERROR';
  readonly statusMessage?: string | undefined;
  readonly events?: readonly {
    readonly name: string;
    readonly timeMs: number;
    readonly attributes: Readonly<Record<string, string>>;
  }[];
}

/** One line of a container's log. */
export interface LogLine {
  readonly timeMs: number;
  readonly text: string;
}

/** Everything one container instance wrote, in order, also of pods that are gone. */
export interface ContainerLog {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly lines: readonly LogLine[] | AsyncIterable<LogLine>;
}
