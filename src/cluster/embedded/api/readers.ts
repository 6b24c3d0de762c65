/** Where container logs come from: the kubelets' files. */
export interface LogReader {
  /**
   * Text of the container's present (or previous) start, each line with an RFC 3339 (nanosecond) timestamp and a space
   * before it; `undefined` if there is none.
   */
  read(
    ref: { readonly namespace: string; readonly name: string; readonly container: string },
    options: { readonly previous?: boolean; readonly sinceTime?: string },
  ): string | undefined;
}

interface Usage {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

interface Window {
  /** End of the window. */
  readonly timestampMs: number;
  readonly windowMs: number;
}

/** Present use of nodes and pods, as metrics-server knows it; `undefined` where it knows nothing. */
export interface UsageReader {
  node(name: string): (Usage & Window) | undefined;
  pod(
    namespace: string,
    name: string,
  ): (Window & { readonly containers: readonly (Usage & { readonly name: string })[] }) | undefined;
}
