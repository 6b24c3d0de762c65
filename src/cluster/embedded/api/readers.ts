/** Where container logs come from: the kubelets' records. */
export interface LogReader {
  /** Lines of the container's present (or previous) instance, oldest first; `undefined` if there is none. */
  read(container: {
    namespace: string;
    pod: string;
    podUid: string;
    container: string;
    previous: boolean;
  }): readonly LogRecord[] | undefined;
}

export interface LogRecord {
  readonly timeMs: number;
  readonly text: string;
}

/** Present use of nodes and containers over the last window, as metrics-server answers it. */
export interface UsageReader {
  nodes(): readonly ({ readonly name: string } & Usage & Window)[];
  pods(): readonly ({
    readonly namespace: string;
    readonly name: string;
    readonly containers: readonly ({ readonly name: string } & Usage)[];
  } & Window)[];
}

interface Usage {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

interface Window {
  readonly timeMs: number;
  readonly windowMs: number;
}
